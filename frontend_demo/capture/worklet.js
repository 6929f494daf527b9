// Responsible for the audio thread: mixes to mono, resamples, and posts frames of 100 ms.

import { RATE, Resampler } from "./resampler.js";

const FRAME = RATE / 10;

class Capture extends AudioWorkletProcessor {
  #resampler = new Resampler(sampleRate);
  #frame = new Int16Array(FRAME);
  #filled = 0;
  #energy = 0;
  #flushed = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      if (data === "flush") this.#flush();
    };
  }

  /** @param {Float32Array[][]} inputs */
  process([channels]) {
    if (!this.#flushed && channels.length > 0) this.#take(this.#resampler.push(mono(channels)));
    return !this.#flushed;
  }

  #flush() {
    this.#flushed = true;
    this.#take(this.#resampler.flush());
    if (this.#filled > 0) this.#post();
    this.port.postMessage({ type: "flushed" });
  }

  /** @param {Float32Array} samples */
  #take(samples) {
    for (const sample of samples) {
      const clamped = Math.max(-1, Math.min(1, sample));
      this.#frame[this.#filled] = Math.round(clamped < 0 ? clamped * 32768 : clamped * 32767);
      this.#energy += clamped * clamped;
      this.#filled += 1;
      if (this.#filled === FRAME) this.#post();
    }
  }

  #post() {
    const samples = this.#frame.slice(0, this.#filled).buffer;
    this.port.postMessage({ type: "frame", samples, level: Math.sqrt(this.#energy / this.#filled) }, [samples]);
    this.#filled = this.#energy = 0;
  }
}

/** @param {Float32Array[]} channels */
function mono(channels) {
  if (channels.length === 1) return channels[0];
  return channels[0].map((_, index) => channels.reduce((sum, channel) => sum + channel[index], 0) / channels.length);
}

registerProcessor("stentor-capture", Capture);
