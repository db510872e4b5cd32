"""Who holds a work item: a ref in the origin, changed only by compare-and-swap."""

from __future__ import annotations

import dataclasses
import json
import time

from adapters.workspace import Claim
from adapters.workspace.clone import Clone
from adapters.workspace.names import claim_ref
from adapters.workspace.push import push_ref, remote_sha
from faber.errors import GitError, PushRefused, ValidationError

ATTEMPTS = 10


async def read_claim(clone: Clone, work_id: str) -> Claim | None:
    return (await _standing(clone, work_id))[1]


async def write_claim(clone: Clone, work_id: str, expected: Claim | None, claim: Claim) -> Claim:
    empty_tree = (await clone.run("mktree")).text
    message = json.dumps({"work_id": work_id, **dataclasses.asdict(claim)}, indent=2, ensure_ascii=True)
    for _ in range(ATTEMPTS):
        at, standing = await _standing(clone, work_id)
        if standing is not None and standing != expected:
            return standing
        if standing == claim:
            return claim
        # On top of the claim before it: who held the item, and how that ended, stays readable.
        new = await clone.commit_tree(empty_tree, [at] if at else [], message, int(time.time()))
        try:
            await push_ref(clone, claim_ref(work_id), new, at)
            return claim
        except PushRefused:
            if (await _standing(clone, work_id))[0] == at:
                raise
    raise GitError(
        f"the claim on {work_id} changed {ATTEMPTS} times while it was being written: try again later"
    )


async def _standing(clone: Clone, work_id: str) -> tuple[str | None, Claim | None]:
    """The claim and the commit that it stands in."""
    ref = claim_ref(work_id)
    at = await remote_sha(clone, ref)
    if at is None:
        return None, None
    if await clone.resolve(f"{at}^{{commit}}") is None:
        await clone.talk(
            *("fetch", "--quiet", "--no-write-fetch-head", "--no-auto-maintenance", "--no-tags"),
            *("--no-recurse-submodules", *clone.origin.fetching(), "--", clone.origin.url, ref),
        )
    message = (await clone.run("log", "-1", "--format=%B", "--end-of-options", at)).text
    try:
        fields = json.loads(message)
        known = {field.name: fields.get(field.name, field.default) for field in dataclasses.fields(Claim)}
        return at, Claim(**{name: str(value) for name, value in known.items()})
    except (ValueError, AttributeError) as problem:
        raise ValidationError(
            f"{ref} of {clone.origin} holds no claim on {work_id}: {problem}. "
            f"Delete it with `git push origin --delete {ref}` when no run works on that item."
        ) from problem
