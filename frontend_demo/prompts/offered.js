// What this server offers for batches: models, variables, prices and limits.

import { call } from "../api.js";

/** `{models, default, engine, quota, currency, prices, variables, limits}`: the quota is the user's, of this moment. */
export function offered() {
  return call("GET", "/api/batches/models");
}
