// The start page: upload recordings, find transcripts, see which ones are being written.

import { call } from "../api.js";
import { button, emptyState, errorState, showPager, skeleton } from "../components/basics.js";
import { transcriptRow } from "../components/transcript-row.js";
import { uploadCard } from "../components/upload-card.js";
import { fill, h } from "../dom.js";
import { feed } from "../feed.js";
import { plural } from "../format.js";
import { icon } from "../icons.js";
import { uploads } from "../uploads.js";
import { Page } from "./page.js";

const SIZE = 25;
const SETTLE_MS = 250;

class TranscriptsPage extends Page {
  #search = h(
    "input",
    {
      type: "search",
      class: "input",
      placeholder: "Search titles and text",
      "aria-label": "Search transcripts",
    },
  );
  #found = h("p", { class: "muted small", role: "status" });
  #list = h("ul", { class: "rows" });
  #state = h("div", {});
  #pager = h("nav", { class: "pager", "aria-label": "Pages", hidden: true });
  #page = 1;
  #rows = new Map();
  #reading = null;
  #timer = null;

  start() {
    const head = h("div", { class: "page-head" }, h("h1", {}, "Transcripts"));
    const tools = h(
      "div",
      { class: "toolbar" },
      h("div", { class: "searchbox" }, icon("search"), this.#search),
      this.#found,
    );
    fill(
      this,
      head,
      uploadCard(this.signal),
      tools,
      h("div", { class: "card" }, this.#state, this.#list, this.#pager),
    );
    this.listen(this.#search, "input", () => this.#soon(() => this.#turnTo(1)));
    this.listen(uploads, "done", () => this.#turnTo(1));
    this.listen(feed, "job", ({ detail }) => this.#take(detail));
    this.listen(feed, "removed", () => this.#soon(() => this.#load()));
    this.listen(feed, "reset", () => this.#soon(() => this.#load()));
    this.signal.addEventListener("abort", () => clearTimeout(this.#timer));
    fill(this.#state, skeleton());
    this.#load();
  }

  #soon(work) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(work, SETTLE_MS);
  }

  #turnTo(page) {
    this.#page = page;
    this.#load();
  }

  async #load() {
    this.#reading?.abort();
    this.#reading = new AbortController();
    const signal = AbortSignal.any([this.signal, this.#reading.signal]);
    const query = { search: this.#search.value.trim(), page: this.#page, page_size: SIZE };
    try {
      this.#show(await call("GET", "/api/transcripts/", { query, signal }), query.search);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 404 && this.#page > 1) this.#turnTo(1);
      else fill(this.#state, errorState(error, () => this.#load()));
    }
  }

  #show({ results, count }, search) {
    fill(this.#state, count ? null : this.#nothing(search));
    const before = this.#rows;
    this.#rows = new Map(results.map((one) => [
      one.job?.id ?? one.id,
      before.get(one.job?.id) ?? transcriptRow(),
    ]));
    results.forEach((one) => this.#rows.get(one.job?.id ?? one.id).update({
      ...one,
      job: feed.get(one.job?.id) ?? one.job,
    }));
    const elements = [...this.#rows.values()].map((row) => row.element);
    const shown = [...this.#list.children];
    const same = shown.length === elements.length && elements.every((element, index) => shown[index] === element);
    if (!same) fill(this.#list, elements); // moving what stands right would take the focus away
    this.#found.textContent = search ? `${plural(count, "transcript")} found` : "";
    showPager(this.#pager, { page: this.#page, count, size: SIZE, onPage: (page) => this.#turnTo(page) });
  }

  #take({ job, before }) {
    const row = this.#rows.get(job.id);
    row?.updateJob(job);
    const settled = before && before.status !== job.status;
    if ((!row && job.subject.startsWith("transcript:") && !before) || (row && settled)) this.#soon(() => this.#load());
  }

  #nothing(search) {
    if (search) {
      const clear = button({
        label: "Clear the search",
        onClick: () => ((this.#search.value = ""), this.#turnTo(1), this.#search.focus()),
      });
      return emptyState({
        sign: "search",
        title: "Nothing found",
        text: `No title and no text has “${search}” in it.`,
        action: clear,
      });
    }
    return emptyState({
      sign: "transcripts",
      title: "Your first transcript is one drop away",
      text: "Drop an audio or video file anywhere on this page. The text appears while it is being heard.",
    });
  }
}

customElements.define("page-transcripts", TranscriptsPage);

export default "page-transcripts";
