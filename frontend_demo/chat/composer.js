// Where a message is written: its words, what it quotes, what goes with it, the microphone, send and stop.

import { button } from "../components/basics.js";
import { menu } from "../components/menu.js";
import { toast, toastProblem } from "../components/toast.js";
import { fill, h, setText } from "../dom.js";
import { liveSession } from "../live-session.js";
import { attachmentChip, TAKEN, transcriptDialog, uploadChip } from "./attachments.js";
import { Dictation } from "./dictation.js";
import { uniqueKey } from "../unique-key.js";
import { speakerOf } from "./words.js";

const LONGEST = 32_000;
const MIC = { idle: "Speak", opening: "Waiting for the microphone…", listening: "Stop listening", finishing: "Finishing…" };

/**
 * `on` is what the page does: {send({content, reply_to, edited, key}), stop(), typed(content), attachTo() (the id of
 * the conversation that attachments go to), attached(attachment), detach(attachment), editLast()}.
 */
export class Composer {
  #on;
  #input = h("textarea", {
    class: "composer-input",
    rows: "1",
    maxlength: String(LONGEST),
    "aria-label": "Message",
    placeholder: "Write a message",
    enterkeyhint: "send",
  });
  #about = h("div", { class: "composer-about", hidden: true });
  #chips = h("ul", { class: "chips", hidden: true });
  #typing = h("p", { class: "composer-typing muted small", role: "status" });
  #file = h("input", { type: "file", multiple: true, accept: TAKEN, hidden: true, "aria-label": "Attach files" });
  #send = button({ label: "Send", sign: "send", kind: "primary", iconOnly: true, type: "submit" });
  #stop = button({ label: "Stop", sign: "stop", kind: "primary", iconOnly: true, onClick: () => this.#on.stop(), hidden: true });
  #mic = button({ label: MIC.idle, sign: "live", kind: "quiet", iconOnly: true, onClick: () => this.#speak() });
  #dictation = new Dictation();
  #before = "";
  #quoted = null;
  #edited = null;
  #attachments = [];
  #uploads = new Map();
  #generating = false;
  #sending = false;
  #key = uniqueKey();
  element = null;

  constructor(on, signal) {
    this.#on = on;
    const attach = menu(
      button({ label: "Attach", sign: "attach", kind: "quiet", iconOnly: true }),
      () => [
        { label: "Files (text, PDF, Word)", sign: "file", onPick: () => this.#file.click() },
        { label: "A transcript", sign: "transcripts", onPick: () => transcriptDialog((one) => this.#attachTranscript(one)) },
      ],
      { up: true },
    );
    const row = h("div", { class: "composer-row" }, attach, this.#input, this.#mic, this.#stop, this.#send);
    this.element = h("form", { class: "composer", "aria-label": "Write a message" }, this.#typing, this.#about, this.#chips, row, this.#file);
    this.#listen(signal);
    this.#grow();
    this.#show();
  }

  get content() {
    return this.#input.value;
  }

  /** Put words into the input that were written elsewhere, or before. */
  set content(text) {
    if (this.#input.value === text || this.#dictation.phase !== "idle") return;
    this.#input.value = text;
    this.#grow();
    this.#show();
  }

  set generating(is) {
    if (is === this.#generating) return;
    this.#generating = is;
    this.#show();
  }

  set typingElsewhere(is) {
    setText(this.#typing, is ? "You are writing in another tab…" : "");
  }

  set attachments(list) {
    this.#attachments = list;
    this.#showChips();
    this.#show();
  }

  focus() {
    this.#input.focus();
  }

  quote(message) {
    this.#quoted = message;
    this.#edited = null;
    this.#showAbout();
    this.focus();
  }

  /** Say a message differently: a new branch. */
  edit(message) {
    this.#edited = message;
    this.#quoted = null;
    this.content = message.content;
    this.#showAbout();
    this.focus();
  }

  takeFiles(files) {
    for (const file of files) this.#uploadFile(file);
  }

  #listen(signal) {
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener("input", () => {
      this.#grow();
      this.#show();
      if (!this.#edited) this.#on.typed(this.content);
    });
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    this.#input.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      event.stopPropagation();
      this.takeFiles(event.clipboardData.files);
    });
    this.#file.addEventListener("change", () => {
      this.takeFiles(this.#file.files);
      this.#file.value = "";
    });
    this.#dictation.addEventListener("change", () => this.#showMic());
    this.#dictation.addEventListener("words", ({ detail }) => this.#hear(detail));
    this.#dictation.addEventListener("problem", ({ detail }) => toast(detail, { tone: "danger" }));
    signal.addEventListener("abort", () => this.#dictation.phase !== "idle" && this.#dictation.cancel());
  }

  #onKey(event) {
    const isSend = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (isSend && !matchMedia("(pointer: coarse)").matches) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && (this.#quoted || this.#edited)) {
      event.stopPropagation();
      this.#forgetAbout();
    } else if (event.key === "ArrowUp" && !this.content) {
      event.preventDefault();
      this.#on.editLast();
    }
  }

  async #submit() {
    const content = this.content;
    if (!content.trim() || this.#sending || this.#generating || this.#blocked || this.#dictation.phase !== "idle") return;
    this.#sending = true;
    this.#show();
    try {
      // The same key until it has succeeded: sent again by hand after a lost line, it happens once.
      await this.#on.send({ content, quoted: this.#quoted, edited: this.#edited, key: this.#key });
      this.#key = uniqueKey();
      this.#quoted = this.#edited = null;
      if (this.content === content) this.#input.value = "";
      this.#showAbout();
    } catch (error) {
      toastProblem(error);
    }
    this.#sending = false;
    this.#grow();
    this.#show();
    this.focus();
  }

  /** Why a message cannot go yet; empty where it can. */
  get #blocked() {
    if (this.#uploads.size) return "A file is on its way.";
    const states = this.#attachments.map(({ status }) => status);
    if (states.includes("Error")) return "Remove the file that cannot be read.";
    return states.includes("Reading") ? "A file is being read." : "";
  }

  #show() {
    this.#stop.hidden = !this.#generating;
    this.#send.hidden = this.#generating;
    const blocked = this.#blocked;
    this.#send.disabled = !this.content.trim() || this.#sending || Boolean(blocked);
    this.#send.title = blocked || "Send (Enter)";
    this.#send.toggleAttribute("aria-busy", this.#sending);
  }

  #grow() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight}px`;
  }

  #showAbout() {
    const message = this.#edited ?? this.#quoted;
    this.#about.hidden = !message;
    if (!message) return;
    const words = this.#edited ? "Saying it differently: a new version of" : `Reply to ${speakerOf(message)}:`;
    const leave = button({ label: "Leave it", sign: "close", kind: "quiet", iconOnly: true, onClick: () => this.#forgetAbout() });
    fill(this.#about, h("p", {}, h("strong", {}, words), " ", message.content.slice(0, 160)), leave);
  }

  #forgetAbout() {
    if (this.#edited) this.content = "";
    this.#quoted = this.#edited = null;
    this.#showAbout();
    this.focus();
  }

  #showChips() {
    const waiting = this.#attachments.map((one) => attachmentChip(one, () => this.#on.detach(one)));
    const rows = [...waiting, ...this.#uploads.values()].map((chip) => h("li", {}, chip));
    this.#chips.hidden = rows.length === 0;
    fill(this.#chips, rows);
  }

  async #uploadFile(file) {
    const key = uniqueKey();
    try {
      const conversation = await this.#on.attachTo();
      const { element, promise } = uploadChip(file, `/api/conversations/${conversation}/attachments/file`, key);
      this.#uploads.set(key, element);
      this.#showChips();
      this.#show();
      this.#on.attached(await promise);
    } catch (error) {
      if (error.code !== "aborted") toast(`${file.name}: ${error.message}`, { tone: "danger" });
    }
    this.#uploads.delete(key);
    this.#showChips();
    this.#show();
  }

  async #attachTranscript(transcript) {
    this.#on.attached(await this.#on.attach(`transcript:${transcript.id}`));
  }

  #speak() {
    if (this.#dictation.phase !== "idle") return this.#dictation.stop();
    if (liveSession.isOn) return toast("The microphone is used by the recording on the Live page.", { tone: "danger" });
    this.#before = this.content && `${this.content.trimEnd()} `;
    return this.#dictation.start();
  }

  #hear(words) {
    this.#input.value = (this.#before + words).slice(0, LONGEST);
    this.#grow();
    this.#show();
    this.#on.typed(this.content);
  }

  #showMic() {
    const { phase } = this.#dictation;
    this.#mic.setAttribute("aria-label", MIC[phase]);
    this.#mic.title = MIC[phase];
    this.#mic.setAttribute("aria-pressed", String(phase === "listening"));
    this.#mic.disabled = phase === "finishing";
    this.#input.readOnly = phase !== "idle";
    this.#input.placeholder = phase === "listening" ? "Speak now" : "Write a message";
    if (phase === "idle") this.focus();
    this.#show();
  }
}
