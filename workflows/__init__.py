"""The durable story of each run: deterministic, no input or output of its own."""
