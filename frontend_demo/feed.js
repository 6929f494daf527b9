// Keeps all of the signed-in user's jobs as the server tells them, and the one socket that everything shares.

import { toastProblem } from "./components/toast.js";
import { Stentor } from "./lib/stentor.js";
import { session } from "./session.js";

const PATIENCE_MS = 10_000;

/** The connection of this page. One socket serves every topic. */
export const stentor = new Stentor({ url: "/ws/", onUnauthenticated: () => signInAgain() });

/** Events: "reset" (all jobs anew), "job" (detail {job, before}), "removed" (detail {id}). */
class JobFeed extends EventTarget {
  #jobs = new Map();
  #subscription = null;

  get(id) {
    return this.#jobs.get(id);
  }

  /** Newest first. */
  all() {
    return [...this.#jobs.values()].sort((a, b) => b.created_at.localeCompare(a.created_at));
  }

  get active() {
    return this.all().filter((job) => job.status === "queued" || job.status === "started").length;
  }

  follow(userId) {
    this.stop();
    this.#subscription = stentor.subscribe(`user:${userId}`, {
      onSnapshot: (data) => this.#reset(data.jobs),
      onEvent: (event) => this.#take(event),
    });
  }

  stop() {
    this.#subscription?.close();
    this.#subscription = null;
    this.#jobs.clear();
  }

  #reset(jobs) {
    this.#jobs = new Map(jobs.map((job) => [job.id, job]));
    this.dispatchEvent(new Event("reset"));
  }

  #take({ event, data }) {
    if (event === "job") {
      const before = this.#jobs.get(data.id);
      this.#jobs.set(data.id, data);
      this.dispatchEvent(new CustomEvent("job", { detail: { job: data, before } }));
    } else if (event === "job_removed") {
      this.#jobs.delete(data.id);
      this.dispatchEvent(new CustomEvent("removed", { detail: { id: data.id } }));
    }
  }
}

export const feed = new JobFeed();

let refusedAt = 0;

/** After a change of password the session lives on with a new cookie: the socket has to come back with it. */
async function signInAgain() {
  const early = Date.now() - refusedAt < PATIENCE_MS;
  refusedAt = Date.now();
  try {
    if (!(await session.recheck())) return;
    if (early) session.ended();
    else stentor.connect();
  } catch (error) {
    toastProblem(error);
  }
}

/** Connect while somebody is signed in, and not otherwise. */
export function followSession() {
  const turn = () => {
    if (session.user) {
      stentor.connect();
      feed.follow(session.user.id);
    } else {
      feed.stop();
      stentor.close();
    }
  };
  session.addEventListener("change", turn);
  turn();
}
