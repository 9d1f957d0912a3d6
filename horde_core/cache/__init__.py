"""Two layers, memory and Redis, with one fetch a source at a time."""
