// Responsible for a microphone: asks for it, says in clear words why there is none, and hands out frames of sound.

const WORKLET = new URL("./worklet.js", import.meta.url);
const FLUSH_MS = 1000;
const START_MS = 2000;
const WORDS = {
  no_permission: "The browser may not use the microphone. Choose the sign beside the address, allow it, and start again.",
  no_microphone: "No microphone was found. Plug one in, then try again.",
  in_use: "The microphone is used by another program, or does not answer.",
  not_secure: "Browsers allow the microphone only on https pages and on localhost.",
  not_supported: "This browser cannot record sound for this page.",
  not_started: "The browser wants to see a click before it records.",
};
const CODES = {
  NotAllowedError: "no_permission",
  SecurityError: "no_permission",
  NotFoundError: "no_microphone",
  OverconstrainedError: "no_microphone",
  NotReadableError: "in_use",
  AbortError: "in_use",
};

/** `code` is one of `no_permission`, `no_microphone`, `in_use`, `not_secure`, `not_supported`, `not_started`. */
export class MicrophoneError extends Error {
  /** @param {keyof typeof WORDS} code */
  constructor(code) {
    super(WORDS[code]);
    this.name = "MicrophoneError";
    this.code = code;
  }
}

/** The microphones there are; without names until the browser may use one. */
export async function listMicrophones() {
  demandSupport();
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind }) => kind === "audioinput").map(({ deviceId, label }) => ({ deviceId, label }));
}

/**
 * Opens a microphone. `onFrame` gets 100 ms of 16 kHz sound and its level (0 to 1), the last frame may be shorter;
 * `onEnd` is called with `unplugged` or `ended` when it ends by itself.
 * @param {{deviceId?: string, onFrame: (samples: Int16Array, level: number) => void,
 *   onEnd?: (reason: "unplugged"|"ended") => void}} options
 */
export async function openMicrophone({ deviceId, onFrame, onEnd }) {
  demandSupport();
  const stream = await ask(deviceId);
  const context = new AudioContext();
  try {
    await context.audioWorklet.addModule(WORKLET);
  } catch {
    await release(stream, context);
    throw new MicrophoneError("not_supported");
  }
  // After a reload nobody has clicked yet; then some browsers leave this waiting for ever.
  await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, START_MS))]);
  if (context.state !== "running") {
    await release(stream, context);
    throw new MicrophoneError("not_started");
  }
  return new Microphone(stream, context, onFrame, onEnd);
}

class Microphone {
  #stream;
  #context;
  #node;
  #onFrame;
  #onEnd;
  /** @type {Promise<void>|null} */
  #closing = null;
  #flushed = () => {};
  #paused = false;
  #look = () => this.#lookForDevice();
  /** The loudness of the last frame, 0 to 1. */
  level = 0;

  constructor(stream, context, onFrame, onEnd) {
    this.#stream = stream;
    this.#context = context;
    this.#onFrame = onFrame;
    this.#onEnd = onEnd;
    this.#node = new AudioWorkletNode(context, "stentor-capture", { numberOfOutputs: 0 });
    this.#node.port.onmessage = ({ data }) => this.#receive(data);
    context.createMediaStreamSource(stream).connect(this.#node);
    this.#track.addEventListener("ended", () => this.#lost("ended"));
    navigator.mediaDevices.addEventListener("devicechange", this.#look);
  }

  get label() {
    return this.#track.label;
  }

  get #track() {
    return this.#stream.getAudioTracks()[0];
  }

  /** No frames until `resume`: what is said meanwhile is not recorded. */
  pause() {
    this.#paused = true;
    this.#track.enabled = false;
    this.level = 0;
  }

  resume() {
    this.#paused = false;
    this.#track.enabled = true;
  }

  /** Hands out what is left and lets go of the microphone. */
  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close() {
    navigator.mediaDevices.removeEventListener("devicechange", this.#look);
    await new Promise((resolve) => {
      // An audio thread that has been stopped by the system never answers.
      const timer = setTimeout(resolve, FLUSH_MS);
      this.#flushed = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
      this.#node.port.postMessage("flush");
    });
    this.#node.port.onmessage = null;
    this.level = 0;
    await release(this.#stream, this.#context);
  }

  #receive(data) {
    if (data.type === "flushed") this.#flushed();
    else if (!this.#paused) {
      this.level = data.level;
      this.#onFrame(new Int16Array(data.samples), data.level);
    }
  }

  async #lookForDevice() {
    const { deviceId } = this.#track.getSettings();
    const microphones = await listMicrophones();
    if (!microphones.some((microphone) => microphone.deviceId === deviceId)) this.#lost("unplugged");
  }

  async #lost(reason) {
    if (this.#closing) return;
    await this.close();
    this.#onEnd?.(reason);
  }
}

function demandSupport() {
  if (!globalThis.isSecureContext) throw new MicrophoneError("not_secure");
  if (!navigator.mediaDevices?.getUserMedia || !globalThis.AudioWorkletNode) throw new MicrophoneError("not_supported");
}

async function ask(deviceId) {
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  try {
    const wanted = deviceId ? { ...audio, deviceId: { exact: deviceId } } : audio;
    return await navigator.mediaDevices.getUserMedia({ audio: wanted });
  } catch (error) {
    throw new MicrophoneError(CODES[error.name] ?? "not_supported");
  }
}

async function release(stream, context) {
  for (const track of stream.getTracks()) track.stop();
  await context.close();
}
