// Responsible for the sound that the server has not stored yet: numbers it, keeps it, and knows what to send next.

const NUMBER_BYTES = 4;
const MAX_KEPT = 6000;
/** A `sessionStorage` takes about five million characters: this is a minute and a half of sound at 16 kHz. */
const MAX_SAVED = 4_000_000;

export class RecordingFrames {
  /** @type {Uint8Array[]} */
  #kept = [];
  /** The number of the first kept frame: all before it are stored. */
  #first = 0;
  #cursor = 0;

  /** @param {import("./types.js").SavedRecording} [saved] */
  constructor(saved) {
    if (!saved) return;
    this.#kept = saved.frames.map(([, text]) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
    this.#first = this.#cursor = saved.frames.length > 0 ? saved.frames[0][0] : saved.next;
  }

  get length() {
    return this.#kept.length;
  }

  /** The number that the next frame will get. */
  get next() {
    return this.#first + this.#kept.length;
  }

  get isFull() {
    return this.#kept.length >= MAX_KEPT;
  }

  /** The number of the frame to send next; `next` when all are sent. */
  get cursor() {
    return this.#cursor;
  }

  /** @param {Uint8Array} sound */
  add(sound) {
    this.#kept.push(sound);
  }

  /**
   * Whether there is a frame to send, at most `window` beyond what is stored.
   * @param {number} window
   */
  mayTake(window) {
    return this.#cursor < this.next && this.#cursor < this.#first + window;
  }

  /** The next frame as it goes over the wire: its number, little-endian, and the sound. */
  take() {
    const sound = this.#kept[this.#cursor - this.#first];
    const bytes = new Uint8Array(NUMBER_BYTES + sound.length);
    new DataView(bytes.buffer).setUint32(0, this.#cursor, true);
    bytes.set(sound, NUMBER_BYTES);
    this.#cursor += 1;
    return bytes;
  }

  /**
   * Forgets all frames up to and including this one.
   * @param {number} seq
   */
  stored(seq) {
    if (seq < this.#first) return;
    this.#kept.splice(0, seq + 1 - this.#first);
    this.#first = seq + 1;
    this.#cursor = Math.max(this.#cursor, this.#first);
  }

  /**
   * Sends from this number on. Numbers follow the server where it knows more than we do, or less than it had stored.
   * @param {number} number
   * @returns {number} how many frames are lost: the server wants them, and they are no longer here
   */
  goOnFrom(number) {
    const lost = Math.max(0, this.#first - number);
    if (lost > 0) this.#first = number;
    if (number > this.next) this.stored(number - 1);
    this.#cursor = number;
    return lost;
  }

  /** @returns {[number, string][]} the first ones, as many as there is room for */
  save() {
    /** @type {[number, string][]} */
    const saved = [];
    let room = MAX_SAVED;
    for (const sound of this.#kept) {
      const text = base64(sound);
      room -= text.length;
      if (room < 0) break;
      saved.push([this.#first + saved.length, text]);
    }
    return saved;
  }
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  let text = "";
  // In pieces, because a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
