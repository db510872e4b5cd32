"""Why no value can be invented."""


class Uninventable(Exception):
    """The message is a clause about the schema."""
