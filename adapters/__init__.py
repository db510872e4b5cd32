"""The world behind Protocols: one folder per thing, one file per answer, a fake beside the real ones."""
