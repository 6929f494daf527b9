// Who is signed in. Signing in and out anywhere goes through here; pages listen for "change".

import { call, refusals } from "./api.js";

const SETTLE_MS = 1000;

class Session extends EventTarget {
  user = null;
  /** Why the sign-in page appeared without being asked for; empty otherwise. */
  reason = "";
  /** While signing out the server closes the socket: that is no surprise to tell anybody. */
  #leaving = false;
  /** The request that is changing this browser's cookie. */
  #changing = null;

  async load() {
    this.#become((await call("GET", "/api/session")).user);
  }

  /** Sign in by username or email. Throws `Problem` (unauthenticated, locked_out, …). */
  async signIn(username, password) {
    const answer = await call("POST", "/api/session", { json: { username, password } });
    this.reason = "";
    this.#become(answer.user ?? (await call("GET", "/api/session")).user);
  }

  async signOut({ everywhere = false } = {}) {
    this.#leaving = true;
    try {
      if (everywhere) await call("POST", "/api/logout-everywhere");
      else await call("DELETE", "/api/session");
    } finally {
      this.#leaving = false;
    }
    this.reason = everywhere ? "You are signed out on every device." : "";
    this.#become(null);
  }

  /** Run what gives this browser a new cookie, such as a change of password. */
  async changing(work) {
    this.#changing = work();
    try {
      return await this.#changing;
    } finally {
      this.#changing = null;
    }
  }

  /** A socket was told to sign in: find out whether the session has ended, or only that connection. */
  async recheck() {
    // The new cookie may still be on its way, to this tab or to another. Asking with the old one would make the
    // server delete the cookie of this name, the new one with it.
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    await Promise.allSettled([this.#changing]);
    const { user } = await call("GET", "/api/session");
    if (user) return true;
    this.ended();
    return false;
  }

  /** The server no longer knows this session. */
  ended() {
    if (!this.user || this.#leaving) return;
    this.reason = "Your session has ended. Sign in again to go on where you were.";
    this.#become(null);
  }

  #become(user) {
    const changed = this.user?.id !== user?.id;
    this.user = user;
    if (changed) this.dispatchEvent(new Event("change"));
  }
}

export const session = new Session();
refusals.addEventListener("refused", () => session.ended());
