"""What the HTTP API bears: `python -m tests.perf`, or `make perf`. Nothing here is a test."""

KEY_VARIABLE = "FABER_PERF_KEY"
