"""The two kinds of model on the wire: what a person may write, and what a worker wrote."""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict

_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]*@")


def masked(text: str) -> str:
    """For errors that quote what was given."""
    return _PASSWORD.sub("://***@", text)


def without_password(url: str | None) -> str | None:
    """A URL that may be written down. What is on the wire stays in Temporal's history, where any reader finds it."""
    if url is not None and _PASSWORD.search(url):
        raise ValueError("a URL with a password in it: leave it out, and let git's credential helper give it")
    return url


def plain(text: str) -> str:
    """For what is looked up in the records: Postgres takes neither NUL nor half of a surrogate pair in a text."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"{text[:80]!r} holds a NUL character or half of a surrogate pair")
    return text


Plain = Annotated[str, AfterValidator(plain)]


class FromPerson(BaseModel):
    """Root inputs and updates: an unknown name is a mistake and is refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GoesOn(FromPerson):
    """The input of a run that may be continued by another execution, in its field `resume`."""

    def going_on(self, resume: dict[str, Any]) -> Self:
        """The input of the execution that continues this one with the state in `resume`."""
        return self.model_copy(update={"resume": resume})


class FromWorker(BaseModel):
    """Activity requests, results and carried state: a newer worker may have added fields."""

    model_config = ConfigDict(extra="ignore")
