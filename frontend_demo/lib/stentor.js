// Responsible for the public face of the library: one client, made of one connection, its topics and its commands.

import { Acks } from "./acks.js";
import { CatchUp } from "./catchup.js";
import { Commands } from "./commands.js";
import { Connection } from "./connection.js";
import { callSafely, Emitter } from "./emitter.js";
import { StentorError } from "./errors.js";
import { Requests } from "./requests.js";
import { Topics } from "./topics.js";

export { StentorError } from "./errors.js";
export { Subscription } from "./subscription.js";

/**
 * A client of a Stentor server.
 *
 *     const stentor = new Stentor({ getToken: async () => token });
 *     stentor.connect();
 *     stentor.subscribe(`job:${id}`, { onSnapshot: draw, onEvent: ({ data }) => draw(data) });
 *     await stentor.command("job.cancel", { job_id: id });
 */
export class Stentor {
  #options;
  #emitter = new Emitter();
  #connection;
  #requests = new Requests((frame) => this.#connection.send(frame));
  #acks = new Acks((frame) => this.#connection.send(frame));
  #commands = new Commands(this.#requests);
  #catchUp = new CatchUp((result) => this.#emitter.emit("caughtup", result));
  #topics = new Topics({
    requests: this.#requests,
    acks: this.#acks,
    onSettled: (topic, reset) => this.#catchUp.settled(topic, reset),
    onEvent: () => this.#catchUp.event(),
  });
  #wasUp = false;
  /** @type {{id: number, username: string}|null} */
  #user = null;

  /** @param {import("./types.js").Options} [options] */
  constructor(options = {}) {
    this.#options = options;
    this.#connection = new Connection(options, {
      onState: (state) => this.#emitter.emit("state", state),
      onWelcome: (welcome) => this.#welcome(welcome.user),
      onUp: () => this.#up(),
      onDown: () => this.#down(),
      onStopped: ({ reason }) => this.#commands.abort("stopped", reason || "The server refused the connection."),
      onUnauthenticated: (state) => callSafely(this.#options.onUnauthenticated, state),
      onFrame: (frame) => this.#route(frame),
    });
  }

  /** The connection's state. It is a new object after each change. */
  get state() {
    return this.#connection.state;
  }

  /** Who is signed in, as the server last said. */
  get user() {
    return this.#user;
  }

  /** Connects and stays connected until `close()` or a refusal. Where an attempt is being waited for, tries at once. */
  connect() {
    this.#connection.open();
  }

  /** Disconnects. Subscriptions end and pending commands are rejected with `closed`; `connect()` begins anew. */
  close() {
    this.#topics.close();
    this.#commands.abort("closed", "The client was closed.");
    this.#connection.close();
    this.#wasUp = false;
    this.#user = null;
  }

  /**
   * Calls `fn` with the detail of each `name`; returns a function that ends it.
   * @param {import("./types.js").EventName} name
   * @param {(detail: any) => void} fn
   */
  on(name, fn) {
    return this.#emitter.on(name, fn);
  }

  /**
   * Follows a topic, over every reconnect, until `close()` of what it returns. May be called before `connect()`.
   * Each event comes once and in order; where the server no longer has what was missed, a snapshot starts afresh.
   * @param {string} topic
   * @param {import("./types.js").Handlers} [handlers]
   * @param {import("./types.js").SubscribeOptions} [options]
   */
  subscribe(topic, handlers = {}, options = {}) {
    return this.#topics.subscribe(topic, handlers, options);
  }

  /**
   * Runs a command and gives its reply. Without a connection it waits for one; after a lost one it is repeated with
   * the same key, so that it happens once. Rejected with a StentorError.
   * @param {string} type such as `job.cancel`
   * @param {object} [data]
   * @param {import("./types.js").CommandOptions} [options]
   * @returns {Promise<any>}
   */
  command(type, data = {}, options = {}) {
    return this.#commands.run(type, data, options);
  }

  /** @param {{id: number, username: string}} user */
  #welcome(user) {
    this.#user = user;
    this.#emitter.emit("user", user);
  }

  #up() {
    if (this.#wasUp) this.#catchUp.begin(this.#topics.all);
    this.#wasUp = true;
    this.#topics.connected();
    this.#commands.connected();
  }

  #down() {
    this.#catchUp.cancel();
    this.#requests.clear();
    this.#acks.clear();
    this.#topics.disconnected();
    this.#commands.disconnected();
  }

  /** @param {import("./types.js").Frame} frame */
  #route(frame) {
    if (frame.id != null && this.#requests.settle(frame)) return;
    if (frame.type === "error") this.#emitter.emit("error", StentorError.from(frame));
    else if (frame.topic) this.#topics.receive(frame);
  }
}
