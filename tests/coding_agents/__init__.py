"""Whole runs whose build is done by a coding agent's own command line."""
