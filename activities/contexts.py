"""A context's large values, outside history: put away by the activity that made them, read by those that use them."""

from __future__ import annotations

import json
from typing import Any

from adapters.artifacts import Artifacts
from domain.definitions.sizes import MOST_KEPT, REFERENCE, is_reference, large, posing, share, size
from faber.contract.definition_runs import Context
from faber.errors import UsageError


class Contexts:
    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    async def put_away(self, value: Any, among: int = 1) -> Any:
        """The value, or `{"$artifact": sha256, "bytes": n}` when it is large as one `among` so many."""
        return value if size(value) <= share(among) else await self._reference(value)

    async def references(self, values: dict[str, Any], most: int = MOST_KEPT) -> dict[str, Any]:
        """What takes the place of those values that are kept outside, so that at most so many bytes are left."""
        return {name: await self._reference(values[name]) for name in large(values, most)}

    async def fitted(self, values: dict[str, Any]) -> dict[str, Any]:
        return {**values, **await self.references(values)}

    async def _reference(self, value: Any) -> dict[str, Any]:
        content = json.dumps(value).encode()
        return {REFERENCE: await self._artifacts.put(content), "bytes": len(content)}

    async def whole(self, context: Context) -> Context:
        """The context with every large value in its place. Errors: faber.errors.WorkerError."""
        parts = {name: await self._filled(getattr(context, name)) for name in Context.model_fields}
        return context.model_copy(update=parts)

    async def _filled(self, part: dict[str, Any]) -> dict[str, Any]:
        return {name: await self.value(value) for name, value in part.items()}

    async def value(self, value: Any) -> Any:
        if is_reference(value):
            found = json.loads(await self._artifacts.get(str(value[REFERENCE])))
            # A list that is kept outside may have items that are.
            return await self.value(found) if isinstance(found, list) else found
        if isinstance(value, list):
            return [await self.value(item) for item in value]
        return value


def refuse_references(where: str, values: dict[str, Any]) -> None:
    """Errors: UsageError."""
    for name, value in values.items():
        if problem := posing(value):
            raise UsageError(f"{where}.{name}: {problem}")
