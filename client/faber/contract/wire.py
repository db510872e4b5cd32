"""The two kinds of model on the wire: what a person may write, and what a worker wrote."""

from pydantic import BaseModel, ConfigDict


class FromPerson(BaseModel):
    """Root inputs and updates: an unknown name is a mistake and is refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FromWorker(BaseModel):
    """Activity requests, results and carried state: a newer worker may have added fields."""

    model_config = ConfigDict(extra="ignore")
