"""Whole runs on a real Temporal server, in real git repositories."""
