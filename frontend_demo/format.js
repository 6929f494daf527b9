// Turns numbers and times into the words that people read.

/** 65 → "1:05", 3725 → "1:02:05". */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** 42 → "42 s", 130 → "2 min 10 s", 4000 → "1 h 7 min". */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** 1 → "1st", 2 → "2nd", 11 → "11th". */
export function ordinal(number) {
  const tens = number % 100;
  const suffix = tens > 10 && tens < 14 ? "th" : { 1: "st", 2: "nd", 3: "rd" }[number % 10] ?? "th";
  return `${number}${suffix}`;
}

export function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** 1536 → "1.5 kB". */
export function bytes(count) {
  const units = ["B", "kB", "MB", "GB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** A moment as short as it is clear: "just now", "14:05", "3 Mar, 14:05", "3 Mar 2024". */
export function moment(text, now = new Date()) {
  const when = new Date(text);
  if (Number.isNaN(when.getTime())) return "";
  if (Math.abs(now - when) < 60_000) return "just now";
  if (when.toDateString() === now.toDateString()) return `today, ${TIME.format(when)}`;
  if (when.getFullYear() === now.getFullYear()) return `${DAY.format(when)}, ${TIME.format(when)}`;
  return DATE.format(when);
}

/** A moment whole, by the clock of whoever reads it: "3 Mar 2024, 14:05". */
export function stamp(when) {
  return `${DATE.format(when)}, ${TIME.format(when)}`;
}

/** Milliseconds between two moments as words; the second defaults to now. */
export function elapsed(from, to) {
  const seconds = (new Date(to ?? Date.now()) - new Date(from)) / 1000;
  return seconds < 1 ? "less than a second" : duration(seconds);
}

let names;

/** "de" → "German"; a code that nobody knows stays as it is. */
export function languageName(code) {
  if (!code) return "";
  try {
    names ??= new Intl.DisplayNames(["en"], { type: "language" });
    return names.of(code) ?? code;
  } catch (error) {
    if (error instanceof RangeError) return code;
    throw error;
  }
}

export function sentence(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : "";
}
