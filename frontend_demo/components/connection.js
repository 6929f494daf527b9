// <st-connection>: one line that says whether what the page shows is live.

import { h, setText } from "../dom.js";
import { stentor } from "../feed.js";
import { plural } from "../format.js";

const NEWS_MS = 5000;

const WORDS = {
  idle: "Not connected",
  connecting: "Connecting…",
  live: "Live",
  waiting: "Reconnecting…",
  offline: "Offline, waiting for the network",
  stopped: "Disconnected, reload the page",
};

export class Connection extends HTMLElement {
  #seen = h("span", { "aria-hidden": "true", class: "numeric connection-words" });
  #spoken = h("span", { class: "visually-hidden", role: "status", "aria-live": "polite" });
  #ticker = null;
  #news = null;
  #stop = [];

  connectedCallback() {
    this.replaceChildren(h("span", { class: "dot" }), this.#seen, this.#spoken);
    this.#stop = [
      stentor.on("state", (state) => this.#show(state)),
      stentor.on("caughtup", ({ events }) => this.#caughtUp(events)),
    ];
    this.#show(stentor.state);
  }

  disconnectedCallback() {
    clearInterval(this.#ticker);
    clearTimeout(this.#news);
    for (const stop of this.#stop) stop();
  }

  #show(state) {
    clearInterval(this.#ticker);
    this.dataset.state = state.name;
    if (state.name === "waiting") {
      this.#count(state.retryAt);
      this.#ticker = setInterval(() => this.#count(state.retryAt), 500);
    } else if (!(state.name === "live" && this.#news)) this.#say(WORDS[state.name]);
    // The countdown is for the eye: read aloud every second it would be a nuisance.
    if (!(state.name === "live" && this.#news)) setText(this.#spoken, WORDS[state.name]);
  }

  #count(retryAt) {
    const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    this.#say(seconds ? `Reconnecting in ${seconds} s` : "Reconnecting…");
  }

  #caughtUp(events) {
    if (!events) return;
    const words = `Caught up with ${plural(events, "event")}`;
    this.#say(words);
    setText(this.#spoken, words);
    clearTimeout(this.#news);
    this.#news = setTimeout(() => {
      this.#news = null;
      this.#show(stentor.state);
    }, NEWS_MS);
  }

  #say(words) {
    setText(this.#seen, words);
    this.title = words;
  }
}

customElements.define("st-connection", Connection);
