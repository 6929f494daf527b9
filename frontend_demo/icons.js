// The icons: drawn for this page on a 24 by 24 grid, one line width, in the colour of the text around them.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  account: "M12 12.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z M4.5 20c.9-3.4 3.9-5 7.5-5s6.6 1.6 7.5 5",
  alert: "M12 4 21 19.5H3L12 4Z M12 10v4.5 M12 17.1v.1",
  automation: "M5 5h5v5H5z M14 14h5v5h-5z M10 7.5h4.5a2 2 0 0 1 2 2V14",
  attach: "M19 11.5 12.2 18.3a4.2 4.2 0 0 1-6-6l7.3-7.2a2.8 2.8 0 0 1 4 4l-7.2 7.2a1.4 1.4 0 0 1-2-2l6.5-6.5",
  back: "M10.5 6 4.5 12l6 6 M4.5 12h15",
  boards: "M4.5 5h4v14h-4z M10 5h4v9h-4z M15.5 5h4v6h-4z",
  chat: "M4.5 5.5h15v10.5h-8.5L7 19.5V16H4.5z",
  check: "m5 12.5 4.5 4.5L19 7.5",
  chevron: "m7 10 5 5 5-5",
  close: "m6.5 6.5 11 11 M17.5 6.5l-11 11",
  copy: "M9 9h10v10.5H9z M15 9V4.5H5V15h4",
  download: "M12 4.5v10.5 M7.5 11l4.5 4.5 4.5-4.5 M5 19.5h14",
  down: "m6.5 9.5 5.5 5.5 5.5-5.5",
  eye: "M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6Z M12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  file: "M6.5 3.5h7l4 4v13h-11z M13.5 3.5v4h4",
  follow: "M12 5v13 M7 13.5l5 5 5-5 M5.5 5h13",
  forward: "M19.5 12a7.5 7.5 0 1 1-2.4-5.5 M19.5 3.5v4h-4",
  history: "M4.5 12a7.5 7.5 0 1 0 2.4-5.5 M4.5 3.5v4h4 M12 8v4.5l3 1.8",
  jobs: "M4.5 7h15 M4.5 12h9.5 M4.5 17h5.5",
  key: "M8.5 16.5a4 4 0 1 1 3.7-5.5H20v3.5h-2.5V12.5 M8.4 12.5v.1",
  link: "M10 14.5a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1 M14 9.5a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1",
  live: "M12 4a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0v-5A2.5 2.5 0 0 1 12 4Z M6 11.5a6 6 0 0 0 12 0 M12 17.5V20.5",
  merge: "M6 5v4c0 3 6 3 6 6.5V20 M18 5v4c0 3-6 3-6 6.5",
  more: "M5.5 12h.1 M12 12h.1 M18.5 12h.1",
  next: "M13.5 6l6 6-6 6 M4.5 12h15",
  pause: "M8.5 5.5v13 M15.5 5.5v13",
  pencil: "M5 19l.8-3.8L15.5 5.5l3 3-9.7 9.7L5 19Z",
  play: "M8 5.2 18.5 12 8 18.8Z",
  plus: "M12 5.5v13 M5.5 12h13",
  prompts: "M5 6h14 M5 10h14 M5 14h8 M16 17.5h5 M18.5 15v5",
  quote: "M5 17.5c2.6-1 4-3.2 4-6.5V7H5v4.5h2 M14 17.5c2.6-1 4-3.2 4-6.5V7h-4v4.5h2",
  record: "M12 18.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z",
  repeat: "M5 11a6.5 6.5 0 0 1 11-3.5l2.5 2.5 M18.5 5.5V10H14 M19 13a6.5 6.5 0 0 1-11 3.5l-2.5-2.5 M5.5 18.5V14H10",
  rewind: "M4.5 12a7.5 7.5 0 1 0 2.4-5.5 M4.5 3.5v4h4",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z M15.3 15.3 20 20",
  send: "M12 19.5V5 M6 11l6-6 6 6",
  share: "M12 14.5V4 M8 7.5 12 3.5l4 4 M6 11.5v8.5h12v-8.5",
  signout: "M14 5H5.5v14H14 M10 12h10 M16.5 8.5 20 12l-3.5 3.5",
  split: "M12 4v4.5c0 3.5-6 3.5-6 6.5v4.5 M12 8.5c0 3.5 6 3.5 6 6.5v4.5",
  stop: "M7 7h10v10H7z",
  texts: "M5 5.5h14 M5 9.5h14 M5 13.5h8 M5 17.5h5 M17 13v6 M14 16h6",
  theme: "M12 4a8 8 0 1 0 0 16Z M12 4a8 8 0 0 1 0 16",
  transcripts: "M5 9.5v5 M9 6.5v11 M13 4v16 M17 8v8 M20.5 10.5v3",
  trash: "M5 7h14 M9.5 7V4.5h5V7 M7 7l.8 12.5h8.4L17 7 M10.5 10.5v5.5 M13.5 10.5v5.5",
  unsure: "M8.5 15V9.5a2.5 2.5 0 0 1 5 0V15 M13.5 12h-5 M5 19h.1 M9 19h.1 M13 19h.1 M17 19h.1",
  up: "m6.5 14.5 5.5-5.5 5.5 5.5",
  upload: "M12 16V5 M7.5 9.5 12 5l4.5 4.5 M5 19.5h14",
  voices: "M9 11.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z M3.5 19c.6-3 2.8-4.5 5.5-4.5s4.9 1.5 5.5 4.5 M15.5 6a2.8 2.8 0 0 1 0 5.3 M17 14.8c1.9.5 3.2 1.9 3.6 4.2",
};

const SOLID = new Set(["play", "record", "stop"]);

/** An icon for the eye only; the control around it carries the name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", SOLID.has(name) ? "icon icon-solid" : "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** The product's sign: a voice as four bars, the loudest one in the signal colour. */
export function mark() {
  const image = document.createElement("img");
  image.src = new URL("./icons/mark.svg", import.meta.url).href;
  image.alt = "";
  image.width = 32;
  image.height = 32;
  image.className = "mark";
  return image;
}
