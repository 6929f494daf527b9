// Responsible for turning sound of any rate into 16 kHz: a low-pass and the values in between, block by block.

export const RATE = 16_000;
// Taps per output sample at 16 kHz; more where the input is faster, so that the slope stays equally steep.
const HALF_WIDTH = 24;
// Of half the output rate: the rest is the slope of the filter.
const PASSBAND = 0.9;
const PHASES = 512;

/**
 * Windowed sinc (Blackman) at `PHASES` positions between two input samples; between them linearly interpolated.
 * Holds `2 * half` taps besides what the next block still needs, however long it runs.
 */
export class Resampler {
  #step;
  #half;
  #taps;
  #history;
  /** Where the next output sample lies, in input samples from the start of the history. */
  #position;

  /** @param {number} rate samples per second of the input */
  constructor(rate) {
    const scale = Math.max(1, rate / RATE);
    this.#step = rate / RATE;
    this.#half = Math.ceil(HALF_WIDTH * scale);
    this.#taps = filters(this.#half, PASSBAND / scale);
    // Silence before the first sample, so that the first output sample is the first input sample.
    this.#history = new Float32Array(this.#half);
    this.#position = this.#half;
  }

  /**
   * Takes a block of samples; those that can be computed by now, at 16 kHz.
   * @param {Float32Array} block
   * @returns {Float32Array}
   */
  push(block) {
    const input = new Float32Array(this.#history.length + block.length);
    input.set(this.#history);
    input.set(block, this.#history.length);
    const count = Math.max(0, Math.ceil((input.length - this.#half - this.#position) / this.#step));
    const output = new Float32Array(count);
    for (let index = 0; index < count; index += 1) output[index] = this.#at(input, this.#position + index * this.#step);
    this.#position += count * this.#step;
    const used = Math.min(input.length, Math.floor(this.#position) - this.#half + 1);
    this.#history = input.slice(used);
    this.#position -= used;
    return output;
  }

  /** The samples that were still waiting for their neighbours. */
  flush() {
    return this.push(new Float32Array(this.#half));
  }

  /**
   * @param {Float32Array} input
   * @param {number} position
   */
  #at(input, position) {
    const whole = Math.floor(position);
    const phase = (position - whole) * PHASES;
    const low = Math.floor(phase);
    const part = phase - low;
    const [one, two] = [this.#taps[low], this.#taps[low + 1]];
    const first = whole - this.#half + 1;
    let sum = 0;
    for (let tap = 0; tap < one.length; tap += 1) sum += input[first + tap] * (one[tap] + part * (two[tap] - one[tap]));
    return sum;
  }
}

/**
 * @param {number} half taps on each side
 * @param {number} cutoff of half the input rate
 */
function filters(half, cutoff) {
  return Array.from({ length: PHASES + 1 }, (_, phase) => {
    const taps = Float64Array.from({ length: 2 * half }, (_, tap) => kernel(tap - half + 1 - phase / PHASES, half, cutoff));
    const sum = taps.reduce((total, tap) => total + tap, 0);
    return taps.map((tap) => tap / sum);
  });
}

/**
 * @param {number} x distance in input samples
 * @param {number} half
 * @param {number} cutoff
 */
function kernel(x, half, cutoff) {
  const angle = Math.PI * cutoff * x;
  const sinc = x === 0 ? 1 : Math.sin(angle) / angle;
  const turn = (Math.PI * x) / half;
  return sinc * (0.42 + 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn));
}
