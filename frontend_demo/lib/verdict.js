// Responsible for what a closed connection means: come back now, come back later, or stay away.

import { RECONNECT } from "./constants.js";

/**
 * @typedef {object} Verdict
 * @property {"now"|"later"|"never"} action
 * @property {number} code
 * @property {string} reason
 * @property {number} after the server's wish in milliseconds: not sooner than this
 */

/**
 * Judges a closing. Not every server gets code and reason through to the browser, so its `disconnect` frame fills in.
 * @param {import("./types.js").Closing} closing
 * @returns {Verdict}
 */
export function judge({ code, reason, said }) {
  const known = named(code) ?? named(said?.code);
  const refused = known === undefined && said?.reconnect === false;
  return {
    action: refused ? "never" : (known ?? "later"),
    code: named(code) ? code : (said?.code ?? code),
    reason: reason || (said?.reason ?? ""),
    after: Math.max(0, Number(said?.after_ms) || 0),
  };
}

/**
 * @param {number|undefined} code
 * @returns {Verdict["action"]|undefined}
 */
function named(code) {
  if (code === undefined) return undefined;
  /** @param {number[]} range */
  const inside = ([low, high]) => code >= low && code <= high;
  if (inside(RECONNECT.NOW)) return "now";
  if (inside(RECONNECT.LATER)) return "later";
  if (inside(RECONNECT.NEVER)) return "never";
  return undefined;
}
