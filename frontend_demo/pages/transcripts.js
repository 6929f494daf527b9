// The start page: upload recordings, find transcripts, see which ones are being written.

import { call } from "../api.js";
import { button, emptyState, errorState, skeleton } from "../components/basics.js";
import { Paging } from "../components/paging.js";
import { transcriptRow } from "../components/transcript-row.js";
import { uploadCard } from "../components/upload-card.js";
import { arrange, fill, h } from "../dom.js";
import { feed } from "../feed.js";
import { plural } from "../format.js";
import { icon } from "../icons.js";
import { uploads } from "../uploads.js";
import { Page } from "./page.js";

const SIZE = 25;

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
  #rows = new Map();
  #paging = null;

  start() {
    this.#paging = new Paging({
      signal: this.signal,
      size: SIZE,
      ask: (page, signal) => this.#ask(page, signal),
      show: (found) => this.#show(found),
      fail: (error) => fill(this.#state, errorState(error, () => this.#paging.load())),
    });
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
      h("div", { class: "card" }, this.#state, this.#list, this.#paging.pager),
    );
    this.listen(this.#search, "input", () => this.#paging.lookSoon());
    this.listen(uploads, "done", () => this.#paging.turnTo(1));
    this.listen(feed, "job", ({ detail }) => this.#take(detail));
    this.listen(feed, "removed", () => this.#paging.renew());
    this.listen(feed, "reset", () => this.#paging.renew());
    fill(this.#state, skeleton());
    this.#paging.load();
  }

  async #ask(page, signal) {
    const search = this.#search.value.trim();
    return { ...(await call("GET", "/api/transcripts/", { query: { search, ...page }, signal })), search };
  }

  #show({ results, count, search }) {
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
    arrange(this.#list, [...this.#rows.values()].map(({ element }) => element));
    this.#found.textContent = search ? `${plural(count, "transcript")} found` : "";
    this.#paging.count(count);
  }

  #take({ job, before }) {
    const row = this.#rows.get(job.id);
    row?.updateJob(job);
    const settled = before && before.status !== job.status;
    if ((!row && job.subject.startsWith("transcript:") && !before) || (row && settled)) this.#paging.renew();
  }

  #nothing(search) {
    if (search) {
      const clear = button({
        label: "Clear the search",
        onClick: () => ((this.#search.value = ""), this.#paging.turnTo(1), this.#search.focus()),
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
