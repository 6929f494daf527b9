// How the model answers in one conversation: which model, what it is told first, how free and how long.

import { answerFields, answerValues } from "../components/answer-fields.js";
import { busy, button, field, notice, spreadErrors } from "../components/basics.js";
import { openDialog } from "../components/dialog.js";
import { h } from "../dom.js";
import { stentor } from "../feed.js";
import { plural } from "../format.js";

/** `{models, default, engine, quota}`: what this server offers. */
export function loadModels() {
  return stentor.command("chat.models", {}, { key: null });
}

/** The choice of a model, with the model that is used unless another is chosen. */
export function modelSelect(offered, chosen) {
  const usual = offered.default || offered.engine?.model || offered.engine?.name || "";
  const known = chosen && !offered.models.includes(chosen) ? [chosen, ...offered.models] : offered.models;
  const others = known.map((name) => h("option", { value: name }, name));
  const select = h("select", { class: "input" }, h("option", { value: "" }, usual ? `Usual (${usual})` : "Usual"), others);
  select.value = chosen;
  return select;
}

/** What is left of today's tokens, in words; empty where nothing limits them. */
export function quotaWords({ quota }) {
  if (!quota || quota.limit === null) return "";
  const left = Math.max(0, quota.limit - quota.used);
  return `${plural(left, "token")} left of today's ${quota.limit.toLocaleString("en")}.`;
}

/** `save(changes)` stores them and may throw. */
export function optionsDialog(details, offered, save) {
  const fields = {
    model_version: field({ label: "Model", input: modelSelect(offered, details.model_version), hint: offered.engine?.reason ?? "" }),
    ...answerFields(details),
  };
  const store = button({ label: "Save", kind: "primary", type: "submit" });
  const problem = h("div", {});
  const cancel = button({ label: "Cancel", onClick: () => dialog.close() });
  const quota = quotaWords(offered);
  const form = h(
    "form",
    { class: "form" },
    Object.values(fields).map(({ element }) => element),
    quota && h("p", { class: "muted small" }, quota),
    problem,
    h("div", { class: "dialog-actions" }, cancel, store),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    for (const one of Object.values(fields)) one.setError("");
    problem.replaceChildren();
    try {
      await busy(store, () => save({ model_version: fields.model_version.input.value, ...answerValues(fields) }));
      dialog.close();
    } catch (error) {
      const rest = spreadErrors({ ...error, message: error.message, fields: error.fields ?? {} }, fields);
      if (rest) problem.replaceChildren(notice(rest, "danger"));
    }
  });
  const dialog = openDialog({ title: "How the model answers", content: form });
  fields.model_version.input.focus();
}
