// Responsible for what the tests of the library share inside the page: a client with short waits, and notes.

import { LiveRecording } from "/lib/recording.js";
import { Stentor } from "/lib/stentor.js";

const TIMING = { backoffBase: 100, backoffCap: 400, jitter: 20, handshake: 2000, probe: 200 };

window.states = [];
window.notes = [];

window.start = (url, options = {}) => {
  window.client = new Stentor({ url, ...options, timing: { ...TIMING, ...options.timing } });
  window.client.on("state", (state) => window.states.push({ ...state, at: Date.now() }));
  for (const name of ["caughtup", "error"]) window.client.on(name, (detail) => window.notes.push({ name, detail }));
  window.client.connect();
};

/** Follows a topic and notes what is heard: numbers for events, objects for snapshots, the end as text. */
window.follow = (topic = "job:1", options = {}) => {
  const heard = [];
  const subscription = window.client.subscribe(
    topic,
    {
      onSnapshot: (data) => heard.push(data),
      onEvent: (event) => heard.push(event.seq),
      onClosed: (error) => heard.push(`closed ${error?.code ?? "by us"}`),
    },
    options,
  );
  return { heard, subscription };
};

/** Runs a command and notes how it ends. */
window.run = (...args) => {
  window.client.command(...args).then(
    (data) => window.notes.push({ name: "reply", detail: data }),
    ({ code, message, retryable, fields, retryAfter }) =>
      window.notes.push({ name: "rejected", detail: { code, message, retryable, fields, retryAfter } }),
  );
};

/** A recording as `client`, with notes of all it tells. */
window.record = (url, options = {}) => {
  window.client = new LiveRecording({ url, ...options, timing: { ...TIMING, ...options.timing } });
  const names = ["ready", "final", "ack", "error", "closed"];
  window.client.on("state", (state) => window.states.push({ ...state, at: Date.now() }));
  for (const name of names) window.client.on(name, (detail) => window.notes.push({ name, detail }));
  window.client.open();
};

/** Sends frames of one byte each, with the values `from` to `to - 1`; whether each was taken. */
window.speak = (from, to) =>
  Array.from({ length: to - from }, (_, index) => window.client.send(Uint8Array.of((from + index) % 256)));

window.ready = true;
