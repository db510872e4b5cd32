"""A model provider on loopback that answers from a script, for tests that must cross a real HTTP connection.

    with ModelServer(script) as server:
        model = Providers(server.environment())

As a program, for tests that kill the worker while a call is under way:
`python -m tests.stand_in --script S --port P --log calls.jsonl`.
"""

from tests.stand_in.call import Call
from tests.stand_in.faults import CUT, GARBLED, HANGING, TRICKLING, Fault, refusal
from tests.stand_in.server import ModelServer

__all__ = ["CUT", "GARBLED", "HANGING", "TRICKLING", "Call", "Fault", "ModelServer", "refusal"]
