// Responsible for the names that editors show: every shape that crosses the edge of this library, and no code.

/**
 * The connection's state. `name` is one of
 * - `idle`: not asked to connect, or closed by `close()`
 * - `connecting`: a socket is being opened or is signing in
 * - `live`: signed in, events flow
 * - `waiting`: the next attempt is at `retryAt` (milliseconds since 1970)
 * - `offline`: the same, and the browser says that it has no network; tried at once when it comes back
 * - `stopped`: the server said to stay away, with its `code` and `reason`; only `connect()` goes on
 * @typedef {object} State
 * @property {"idle"|"connecting"|"live"|"waiting"|"offline"|"stopped"} name
 * @property {number} [retryAt]
 * @property {number} [code]
 * @property {string} [reason]
 */

/** @typedef {{epoch: string, seq: number}} Position a place in a topic's stream */

/**
 * One event of a topic.
 * @typedef {object} TopicEvent
 * @property {"event"} type
 * @property {string} topic
 * @property {string} epoch
 * @property {number} seq
 * @property {string} event its name, such as `progress`
 * @property {any} data
 * @property {string} at when it happened, ISO 8601
 * @property {number} [skipped] how many events before it were overwritten by newer states, or withheld from an API key
 */

/**
 * The whole state of a topic: whatever the application knew before is replaced by `data`.
 * @typedef {object} TopicSnapshot
 * @property {"snapshot"} type
 * @property {string} topic
 * @property {string} epoch
 * @property {number} seq
 * @property {any} data
 */

/**
 * What a subscriber wants to hear. All are optional; without `onSnapshot` and `onEvent` iterate over the subscription.
 * @typedef {object} Handlers
 * @property {(data: any, snapshot: TopicSnapshot) => void} [onSnapshot] the state starts afresh
 * @property {(event: TopicEvent) => void} [onEvent] the next event, in order, each once
 * @property {(error: import("./errors.js").StentorError | null) => void} [onClosed] the end; null when it was asked for
 */

/**
 * @typedef {object} SubscribeOptions
 * @property {Position} [since] a position kept from earlier: go on from there if the server still can
 * @property {number} [buffer] how many items may wait for a slow iterator, 256 unless told
 */

/**
 * @typedef {object} CommandOptions
 * @property {number} [timeout] milliseconds until the promise is rejected, 15,000 unless told
 * @property {string} [key] idempotency key; made up when left out. Repeating a command with its key has no second effect
 */

/**
 * @typedef {object} Options
 * @property {string} [url] the socket's address, absolute or relative to the page; `/ws/` unless told
 * @property {(why: {renew: boolean}) => Promise<string|null>|string|null} [getToken] gives an access token. With
 *   `renew` the last one was refused or is about to expire. Null means: nobody is signed in. Throw when it can't be had now
 * @property {(why: {renew: boolean}) => Promise<string|null>|string|null} [getTicket] gives a single-use ticket.
 *   Without `getToken` and `getTicket` the session cookie signs in
 * @property {(state: State) => void} [onUnauthenticated] the server wants a sign-in; call `connect()` after it
 * @property {Partial<Timing>} [timing]
 */

/**
 * Durations in milliseconds.
 * @typedef {object} Timing
 * @property {number} backoffBase the ceiling of the first wait; it doubles with each attempt
 * @property {number} backoffCap the highest ceiling
 * @property {number} stable a connection that lived this long starts the back-off afresh
 * @property {number} jitter the longest random wait before reconnecting "at once"
 * @property {number} handshake the time that opening and signing in may take
 * @property {number} probe how long an answer may take after the machine woke up
 */

/**
 * What is sent on a name: `state` (State), `caughtup` ({events, resets}: a reconnect is complete, with so many events
 * replayed and so many topics reset by a snapshot), `user` ({id, username}), `error` (StentorError that belongs to
 * no request).
 * @typedef {"state"|"caughtup"|"user"|"error"} EventName
 */

/**
 * A recording's state: as of a connection, and `stopping` (the server finishes), `closed` (it has ended and is stored),
 * `stopped` (no other attempt follows: `code` is a close code, or the code of an error such as `server_full`).
 * @typedef {object} RecordingState
 * @property {"idle"|"connecting"|"live"|"waiting"|"offline"|"stopping"|"closed"|"stopped"} name
 * @property {number} [retryAt] milliseconds since 1970
 * @property {number|string} [code]
 * @property {string} [reason]
 * @property {number} [retryAfter] seconds
 */

/** @typedef {{session: string|null, frames: [number, string][], next: number}} SavedRecording frames in base64 */

/**
 * @typedef {object} RecordingOptions
 * @property {string} [url] `/ws/transcribe/` unless told
 * @property {Options["getToken"]} [getToken]
 * @property {Options["getTicket"]} [getTicket]
 * @property {Partial<Timing & {keepalive: number}>} [timing]
 * @property {Record<string, any>} [start] fields of the `start` frame: `title`, `language`, `hotwords`, `after` …
 * @property {SavedRecording} [resume] from `save()`
 */

/** @typedef {"ready"|"partial"|"final"|"speech"|"lag"|"ack"|"state"|"warning"|"error"|"closed"} RecordingEvent */

/** @typedef {Record<string, any>} Frame one decoded JSON frame */

/**
 * A closed connection as its owner sees it.
 * @typedef {object} Closing
 * @property {number} code
 * @property {string} reason
 * @property {Frame|null} said the server's `disconnect` frame, if one came
 */

export {};
