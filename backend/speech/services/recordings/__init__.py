"""Live recordings: sessions that clients open and come back to, their frames, and the worker that listens."""
