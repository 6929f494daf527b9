// Responsible for one WebSocket from its opening to its end: JSON frames in and out, and exactly one closing.

export class Link {
  #socket;
  #onClosed;
  /** @type {import("./types.js").Frame|null} */
  #said = null;
  #ended = false;

  /**
   * @param {string} url
   * @param {{onOpen: () => void, onFrame: (frame: import("./types.js").Frame) => void,
   *   onClosed: (closing: import("./types.js").Closing) => void}} handlers
   */
  constructor(url, { onOpen, onFrame, onClosed }) {
    this.#onClosed = onClosed;
    this.#socket = new WebSocket(url);
    this.#socket.onopen = () => onOpen();
    this.#socket.onmessage = (message) => this.#decode(message.data, onFrame);
    this.#socket.onclose = ({ code, reason }) => this.#end(code, reason);
  }

  /**
   * Sends a frame; false when there is no open socket to send it on.
   * @param {import("./types.js").Frame} frame
   */
  send(frame) {
    if (this.#ended || this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /**
   * Sends bytes; false when there is no open socket to send them on.
   * @param {Uint8Array<ArrayBuffer>} bytes
   */
  sendBytes(bytes) {
    if (this.#ended || this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(bytes);
    return true;
  }

  /** How many bytes were sent that have not left this machine yet. */
  get unsent() {
    return this.#socket.bufferedAmount;
  }

  /**
   * Ends the link now, without waiting for a server that may no longer be there.
   * @param {number} code
   * @param {string} reason
   */
  drop(code, reason) {
    this.#end(code, reason);
    this.#socket.close(1000, "");
  }

  /** Ends the link without telling its owner, who knows. */
  discard() {
    this.#ended = true;
    this.#socket.close(1000, "");
  }

  /**
   * @param {unknown} text
   * @param {(frame: import("./types.js").Frame) => void} onFrame
   */
  #decode(text, onFrame) {
    if (this.#ended) return;
    const frame = decoded(text);
    if (!frame) {
      this.drop(1007, "The server sent something that is not a frame.");
      return;
    }
    if (frame.type === "disconnect") this.#said = frame;
    onFrame(frame);
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #end(code, reason) {
    if (this.#ended) return;
    this.#ended = true;
    this.#onClosed({ code, reason, said: this.#said });
  }
}

/**
 * @param {unknown} text
 * @returns {import("./types.js").Frame|null}
 */
function decoded(text) {
  if (typeof text !== "string") return null;
  try {
    const frame = JSON.parse(text);
    return typeof frame?.type === "string" ? frame : null;
  } catch {
    return null;
  }
}
