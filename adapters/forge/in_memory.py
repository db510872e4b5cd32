"""A code host that lives as long as the object does."""

from __future__ import annotations

from adapters.forge import PullRequest, merged, newest, one_line


class InMemoryForge:
    def __init__(self) -> None:
        self._pulls: dict[int, PullRequest] = {}

    async def find_pull_request(self, branch: str) -> PullRequest | None:
        found = newest(list(self._pulls.values()), branch)
        return found.model_copy() if found else None

    async def open_pull_request(
        self, *, branch: str, base: str, head_sha: str, title: str, body: str
    ) -> PullRequest:
        found = newest(list(self._pulls.values()), branch)
        number = found.number if found and found.state == "open" else len(self._pulls) + 1
        self._pulls[number] = PullRequest(
            number=number,
            url=f"memory:///pulls/{number}",
            title=one_line(title),
            body=body,
            branch=branch,
            base=base,
            head_sha=head_sha,
        )
        return self._pulls[number].model_copy()

    async def mark_merged(self, number: int, merge_sha: str) -> PullRequest:
        self._pulls[number] = merged(self._pulls.get(number), number, merge_sha, "memory")
        return self._pulls[number].model_copy()
