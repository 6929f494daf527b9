"""Batches whose rows are the requests of a file, as OpenAI's clients send them."""
