// What this server offers for batches: models, variables, prices and limits.

import { call } from "../api.js";

let asked = null;

/** `{models, default, engine, quota, currency, prices, variables, limits}`, asked once; a failure is asked again. */
export function offered() {
  asked ??= call("GET", "/api/batches/models").catch((error) => {
    asked = null;
    throw error;
  });
  return asked;
}
