"""Everything is killed at its worst moment, and the run ends as if nothing had happened."""
