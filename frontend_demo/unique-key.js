// Keys for requests that may be sent twice and must happen once.

/** `crypto.randomUUID` is missing on plain http pages of a local network, this is not. */
export function uniqueKey() {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(16)),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
