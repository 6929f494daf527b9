"""What the edges that speak OpenAI's API share: errors in its shape, the list of models, waiting and streaming."""
