// Documents on their way to the server, in portions that one request can hold.

import { Uploads } from "../uploads.js";

const MOST_FILES = 50;
const MOST_BYTES = 200_000_000;

function portionsOf(files) {
  const portions = [];
  let held = Infinity;
  for (const file of files) {
    const last = portions.at(-1);
    if (!last || last.length === MOST_FILES || held + file.size > MOST_BYTES) {
      portions.push([file]);
      held = file.size;
    } else {
      last.push(file);
      held += file.size;
    }
  }
  return portions;
}

/** Fields: {collection, external_id, title, replace}. */
export const documentUploads = new Uploads("/api/documents/", { atOnce: 1, split: portionsOf });
