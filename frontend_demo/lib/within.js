// Responsible for ends: a promise that is waited for, but not for ever.

import { StentorError } from "./errors.js";

/**
 * What `promise` gives, or a `timeout` error after `ms` milliseconds.
 * @template T
 * @param {Promise<T>|T} promise
 * @param {number} ms
 * @returns {Promise<T>}
 */
export async function within(promise, ms) {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  const end = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new StentorError("timeout", "No answer in time.", { retryable: true })), ms);
  });
  try {
    return /** @type {T} */ (await Promise.race([promise, end]));
  } finally {
    clearTimeout(timer);
  }
}
