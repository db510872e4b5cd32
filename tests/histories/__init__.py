"""Recorded delivery runs, and their replay against the workflow as it is now."""
