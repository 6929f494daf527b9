// Tabs over one panel, with the arrow keys of the usual pattern.

import { h, uniqueId } from "../dom.js";

/** `tabs`: [{key, label}]; `panel`: the element that they fill; `onPick(key)` is called on a change. */
export function tabList({ label, tabs, panel, onPick }) {
  panel.id ||= uniqueId("panel");
  panel.setAttribute("role", "tabpanel");
  const buttons = tabs.map(({ key, label: text }) =>
    h(
      "button",
      {
        type: "button",
        class: "tab",
        role: "tab",
        id: `${panel.id}-${key}`,
        "aria-controls": panel.id,
        dataset: { key },
      },
      text,
    ),
  );
  const choose = (chosen) => {
    for (const tab of buttons) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", chosen.id);
  };
  const pick = (tab) => {
    choose(tab);
    onPick(tab.dataset.key);
  };
  const list = h("div", { class: "tabs", role: "tablist", "aria-label": label }, buttons);
  list.addEventListener("click", (event) => {
    const tab = event.target.closest(".tab");
    if (tab) pick(tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const tab = buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length);
    tab.focus();
    pick(tab);
  });
  choose(buttons[0]);
  return list;
}
