"""What FABER costs beside Temporal itself: `python -m tests.bench`, or `make bench`. Nothing here is a test."""
