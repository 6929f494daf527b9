// Generated from consumers/protocol.py: the numbers that server and client share.

export const PROTOCOL = "1";

export const CLOSE = {
  SHUTDOWN: 4000,
  SLOW: 4001,
  OVERLOADED: 4100,
  TOO_MANY_FRAMES: 4101,
  TOO_MANY_SOCKETS: 4102,
  UNAVAILABLE: 4103,
  UNAUTHENTICATED: 4401,
  FORBIDDEN: 4403,
  AUTH_TIMEOUT: 4408,
};

export const RECONNECT = { NOW: [4000, 4099], LATER: [4100, 4199], NEVER: [4400, 4499] };
