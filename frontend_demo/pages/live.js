// The Live page: starts a recording from the microphone and shows its words as they are spoken.

import { call } from "../api.js";
import { button, notice } from "../components/basics.js";
import { LiveNow } from "../components/live-now.js";
import "../components/recorder-log.js";
import "../components/recorder-panel.js";
import { recorderSetup } from "../components/recorder-setup.js";
import { shareDialog } from "../components/share-dialog.js";
import { editableTitle } from "../components/title-edit.js";
import { announce } from "../components/toast.js";
import { fill, h } from "../dom.js";
import { stentor } from "../feed.js";
import { Follow } from "../follow.js";
import { keys } from "../keys.js";
import { liveSession } from "../live-session.js";
import { problemWords } from "../recorder-words.js";
import { go } from "../router.js";
import { Page } from "./page.js";

class LivePage extends Page {
  #transcript = null;
  #title = editableTitle((title) => this.#rename(title));
  #problem = h("div", { class: "notes", role: "alert" });
  #told = null;
  #log = document.createElement("st-recorder-log");
  #now = new LiveNow();
  #text = h("section", { class: "recorder-text", "aria-label": "Text" }, this.#log, this.#now.element);
  #follow = null;
  #topic = null;
  #followed = null;
  #share = button({
    label: "Share",
    sign: "share",
    kind: "outline",
    hidden: true,
    onClick: () => shareDialog(this.#transcript, (fresh) => this.#update(fresh)),
  });
  #body = h("div", { class: "recorder-body" });
  #running = null;
  #setupLife = null;

  start() {
    this.#follow = new Follow(this.#text, this.signal);
    this.#title.set("Live", false);
    this.#now.element.hidden = false;
    const head = h("div", { class: "title-row" }, this.#title.element, h("div", { class: "actions" }, this.#share));
    const hints = h("p", { class: "keys" }, h("kbd", {}, "R"), " starts and stops, ", h("kbd", {}, "P"), " pauses.");
    fill(this, head, this.#problem, this.#body, hints);
    this.listen(liveSession, "change", () => this.#show());
    this.listen(liveSession, "closed", ({ detail }) => go(`/transcripts/${detail}`, { replace: true }));
    keys(this.signal, { r: () => this.#turn(), p: () => this.#pause() });
    this.signal.addEventListener("abort", () => {
      this.#topic?.close();
      this.#setupLife?.abort();
    });
    this.#show();
  }

  #turn() {
    if (document.querySelector("dialog[open]")) return false;
    return liveSession.isOn ? liveSession.stop() : liveSession.start();
  }

  #pause() {
    if (document.querySelector("dialog[open]") || !liveSession.isOn) return false;
    return liveSession.phase === "paused" ? liveSession.resume() : liveSession.pause();
  }

  #show() {
    if (this.#running !== liveSession.isOn) this.#change(liveSession.isOn);
    this.#showProblem();
    if (liveSession.id && liveSession.id !== this.#followed) this.#subscribe(liveSession.id);
  }

  /** From the setup to the running recording, or back. */
  #change(running) {
    const wasThere = this.#running !== null;
    this.#running = running;
    this.#setupLife?.abort();
    if (running) {
      fill(this.#body, document.createElement("st-recorder"), h("div", {}, this.#follow.button), this.#text);
      announce(liveSession.goesOn ? "Recording goes on." : "");
    } else {
      this.#setupLife = new AbortController();
      fill(this.#body, recorderSetup(this.#setupLife.signal));
      this.#forget();
    }
    // The pressed button is gone.
    if (wasThere) this.#body.querySelector(running ? "st-recorder" : ".record-button").focus();
  }

  #forget() {
    this.#topic?.close();
    this.#topic = this.#followed = this.#transcript = null;
    this.#share.hidden = true;
    this.#title.set("Live", false);
    this.#log.reset([]);
    this.#now.reset(null);
  }

  #subscribe(id) {
    this.#topic?.close();
    this.#followed = id;
    this.#topic = stentor.subscribe(`transcript:${id}`, {
      onSnapshot: (data) => this.#reset(data),
      onEvent: (event) => this.#take(event),
    });
  }

  #reset(data) {
    this.#log.reset(data.segments);
    this.#now.reset(data.live);
    this.#update(data);
    this.#follow.newest();
  }

  #take({ event, data }) {
    const takers = {
      partial: () => this.#now.partial(data),
      speech: () => this.#now.speech(data.state),
      final: () => {
        this.#now.partial(null);
        this.#log.put(data);
      },
      segment: () => this.#log.put(data),
      details: () => this.#update(data),
    };
    takers[event]?.();
    this.#follow.newest();
  }

  #update(fresh) {
    this.#transcript = { ...this.#transcript, ...fresh };
    this.#title.set(this.#transcript.title, true);
    document.title = `${this.#transcript.title} · Stentor`;
    this.#share.hidden = false;
  }

  async #rename(title) {
    this.#update((await call("PATCH", `/api/transcripts/${liveSession.id}`, { json: { title } })) ?? { title });
  }

  #showProblem() {
    const { problem, phase, goesOn } = liveSession;
    const state = JSON.stringify([problem?.code, problem?.message, phase, goesOn]);
    if (state === this.#told) return; // an alert is said once
    this.#told = state;
    if (!problem) {
      fill(this.#problem, goesOn && phase === "recording" && notice("Recording goes on.", "ok"));
      return;
    }
    const { title, text } = problemWords(liveSession);
    const again = button({ label: "Try again", sign: "repeat", kind: "primary", onClick: () => liveSession.retry() });
    const leave = button({ label: "Give up", onClick: () => liveSession.dismiss() });
    const actions = phase === "refused" && h("div", { class: "form-actions" }, again, leave);
    const tone = phase === "refused" ? "warn" : "danger";
    fill(this.#problem, notice(title || text, tone, title ? h("p", {}, text) : [], actions || []));
  }
}

customElements.define("page-live", LivePage);

export default "page-live";
