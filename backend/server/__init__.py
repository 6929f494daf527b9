"""Daphne, with what a server for live sockets needs and Daphne lacks.

Run it with `python -m backend.server`. On top of Daphne:

- a sender waits while its client does not read (`flow`), on sockets and on downloads;
- a client that sends faster than the application reads is no longer read (`inbox`);
- uploads are handed on from disk, and refused past a limit (`requests`);
- close reasons and empty frames reach the client (`sockets`);
- SIGTERM says goodbye to every client before the process ends (`serving`).

What it relies on inside Daphne, Autobahn and Twisted is held by `tests/ops/test_server.py`.
"""
