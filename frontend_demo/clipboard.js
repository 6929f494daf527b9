// Puts text on the clipboard and says how that went.

import { toast } from "./components/toast.js";

/** `what` names the text in the notice: "The key". */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} is on the clipboard.`);
  } catch (error) {
    toast(`The browser did not allow copying (${error.name}). Select it and copy it by hand.`, { tone: "danger" });
  }
}
