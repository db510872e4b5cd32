"""The same questions over HTTP: runs of every kind, their gates, and the definitions that may run."""
