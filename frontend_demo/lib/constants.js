// The words of the protocol. Made from consumers/protocol.py by `manage.py generate_docs`; do not edit.
export const PROTOCOL = "stentor/0.1.0";
export const CLOSE = Object.freeze({ SHUTDOWN: 4000, SLOW: 4001, TOO_MANY_FRAMES: 4101, TOO_MANY_SOCKETS: 4102, UNAVAILABLE: 4103, FULL: 4104, IDLE: 4105, UNAUTHENTICATED: 4401, FORBIDDEN: 4403, REPLACED: 4409 });
export const RECONNECT = Object.freeze({ NOW: [4000, 4099], LATER: [4100, 4199], NEVER: [4400, 4499] });
export const ACK_EVERY = 64;
export const MAX_TEXT_BYTES = 65536;
export const ERROR_CODES = Object.freeze([
  "bad_request",
  "invalid",
  "unknown_type",
  "unauthenticated",
  "token_expired",
  "forbidden",
  "not_found",
  "method_not_allowed",
  "conflict",
  "not_finished",
  "too_large",
  "unsupported_media",
  "unreadable_audio",
  "empty_file",
  "no_audio_track",
  "protected_audio",
  "audio_too_long",
  "unreadable_document",
  "protected_document",
  "no_text",
  "unsupported_option",
  "too_many_requests",
  "locked_out",
  "out_of_order",
  "too_fast",
  "limit_reached",
  "internal",
  "engine_failed",
  "upstream_refused",
  "upstream_failed",
  "upstream_cut",
  "upstream_busy",
  "worker_lost",
  "server_full",
  "unavailable",
]);
