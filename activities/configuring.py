"""What a run goes by: the repository, its configuration as a person committed it, prices, prompts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from temporalio import activity

from activities.chronicle import Chronicle, begun, ended
from activities.interceptor import failure_of
from activities.places import RUNS, repository_of, within
from activities.platforms import PULLS
from activities.recognising import recognise_checks
from activities.rendering import OVERRIDES, prompt_names
from adapters.artifacts import Artifacts
from adapters.models import Catalogue
from adapters.models.catalogue import required_key
from adapters.prices import price_of
from adapters.workspace import Workspace
from faber.configuration import read_configuration, resolve_platform
from faber.contract.activities import ConfigurationRequest, RepositoryRef, Setup
from faber.contract.config import Configuration
from faber.contract.names import PHASES, host_queue
from faber.errors import ConfigurationError, FaberError, GitError, LLMError, ToolMissing

CONFIGURATION = ".fractary/config.yaml"
RUN_BRANCHES = "faber/"
WITH_NETWORK = "bwrap+network"


@dataclass(frozen=True)
class Host:
    """What this worker's host is and can do. `home` is where a run without `repo` finds its repository."""

    id: str
    home: Path
    bwrap: bool
    search_attributes: bool
    environment: Mapping[str, str]
    isolates_network: bool = True


class Configuring:
    def __init__(
        self,
        *,
        workspace: Workspace,
        artifacts: Artifacts,
        chronicle: Chronicle,
        catalogue: Catalogue,
        host: Host,
    ) -> None:
        self._workspace = workspace
        self._artifacts = artifacts
        self._chronicle = chronicle
        self._catalogue = catalogue
        self._host = host

    @activity.defn
    async def load_configuration(self, request: ConfigurationRequest) -> Setup:
        """Errors: ConfigurationError naming the key; LLMError MISSING_API_KEY naming the variable and phase."""
        if request.input.dry_run:
            return await self._load(request)
        self._chronicle.tell(request.key, begun(request.key))
        try:
            setup = await self._load(request)
        except FaberError as error:
            if failure_of(error, str, activity.info().attempt).non_retryable:
                # A run without a configuration ends without another word of it.
                self._chronicle.tell(request.key, ended(request.key, "failed", error.message))
            raise
        langsmith = setup.read().observability.langsmith
        if langsmith.enabled:
            self._chronicle.trace_to(request.key, langsmith.project)
        return setup

    async def _load(self, request: ConfigurationRequest) -> Setup:
        asked = request.input
        ref = locate(asked.repo, self._host.home)
        source = Source(self._workspace, ref)
        try:
            await source.pin_default()
        except GitError:
            # Whether it can be reached is no question where its host is not served: that is said at once instead.
            await self._require_platforms(source, source.own() or Configuration())
            raise
        configuration, notes = await source.configuration()
        named = named_branch(configuration) or source.ref.default_branch
        if named != source.ref.default_branch or configuration.repo.url:
            await source.pin(named, configuration.repo.url)
        await self._require_platforms(source, configuration)
        self._require_keys(configuration)
        await self._require_models(configuration)
        if source.ref.checkout:
            for name in (configuration.work.path, PULLS, RUNS):
                within(Path(source.ref.checkout), name)
        checks = configuration.workflow.checks
        if not checks:
            checks = await recognise_checks(source.read, self._host.environment.get("PATH"))
            notes = [*notes, "checks recognised: " + ", ".join(str(check.run) for check in checks)]
        filled = configuration.model_copy(
            update={"workflow": configuration.workflow.model_copy(update={"checks": checks})}
        )
        return Setup(
            configuration=filled.model_dump_json(),
            repository=source.ref,
            project=asked.project or configuration.project or project_of(source.ref),
            base_sha=source.base_sha,
            host_queue=host_queue(self._host.id),
            prices={
                phase: price_of(model_of(filled, phase), configuration.workflow.cost.prices)
                for phase in PHASES
            },
            prompts=await self._prompts(source),
            checks_recognised=not configuration.workflow.checks,
            sandbox=self._sandbox(configuration),
            search_attributes=self._host.search_attributes,
            notes=notes,
        )

    async def _require_platforms(self, source: Source, configuration: Configuration) -> None:
        remote = await self._workspace.origin(repository_of(source.ref))
        resolve_platform(configuration.work.platform, remote, "work.platform")
        resolve_platform(configuration.repo.platform, remote, "repo.platform")

    def _require_keys(self, configuration: Configuration) -> None:
        for phase in PHASES:
            if configuration.workflow.agent.of(phase).preset != "builtin":
                continue
            model = configuration.workflow.models.of(phase)
            try:
                variable = required_key(model)
            except LLMError as error:
                raise ConfigurationError(f"workflow.models.{phase}: {error.message}") from None
            if variable and not self._host.environment.get(variable):
                raise LLMError(
                    "MISSING_API_KEY",
                    f"workflow.models.{phase} is {model}, which needs {variable}: set it where the worker runs, "
                    f"restart the worker, and start the run again",
                )

    async def _require_models(self, configuration: Configuration) -> None:
        """Nothing is spent before the first phase's own first call; what later ones name is asked about now."""
        phases = [phase for phase in PHASES if configuration.workflow.agent.of(phase).preset == "builtin"]
        named = {configuration.workflow.models.of(phase): phase for phase in reversed(phases)}
        later = [(model, phase) for model, phase in named.items() if phase != PHASES[0]]
        found = await asyncio.gather(
            *(self._catalogue.require(model) for model, _ in later), return_exceptions=True
        )
        for (model, phase), error in zip(later, found, strict=True):
            if isinstance(error, LLMError):
                raise LLMError(
                    error.kind, f"workflow.models.{phase} is {model}: {error.message}", **error.details
                )
            if error is not None:
                raise error

    def _sandbox(self, configuration: Configuration) -> str:
        wanted = configuration.workflow.sandbox
        if wanted == "bwrap" and not self._host.bwrap:
            raise ToolMissing(
                "workflow.sandbox is bwrap, and bwrap does not work on this host: install bubblewrap, allow user "
                "namespaces, or write `sandbox: none` to run commands without it"
            )
        if not self._host.bwrap or wanted == "none":
            return "none"
        network = configuration.workflow.network or not self._host.isolates_network
        return WITH_NETWORK if network else "bwrap"

    async def _prompts(self, source: Source) -> dict[str, str]:
        found = {}
        for name in prompt_names():
            content = await source.read(f"{OVERRIDES}/{name}")
            if content is not None:
                found[name] = await self._artifacts.put(content)
        return found


class Source:
    """Files of the repository as a person put them there: never from a branch that an agent wrote.

    The checkout's own file counts while the default branch is checked out (a person edits it there), else the
    one at the pinned base commit; a file that no branch tracks is the checkout's in any case."""

    def __init__(self, workspace: Workspace, ref: RepositoryRef) -> None:
        self._workspace = workspace
        self.ref = ref
        self.base_sha = ""

    async def pin(self, branch: str, url: str | None = None) -> None:
        if branch.startswith(RUN_BRANCHES):
            raise ConfigurationError(
                f"{branch} was made by a run, so it cannot be what runs start from and are judged by: check out "
                "the default branch, or name it as repo.default_branch"
            )
        self.ref = self.ref.model_copy(update={"default_branch": branch, "url": url or self.ref.url})
        self.base_sha = await self._workspace.fetch(repository_of(self.ref))

    async def pin_default(self) -> None:
        """The branch that the checkout's file names, else `main`, else the one that is checked out."""
        checkout = Path(self.ref.checkout) if self.ref.checkout else None
        own = self.own()
        # So that the first fetch asks for the right one.
        named = named_branch(own) if own else None
        try:
            await self.pin(named or "main")
        except ConfigurationError:
            other = checked_out(checkout)
            if named or other in (None, "main"):
                raise
            await self.pin(str(other))

    async def read(self, path: str) -> bytes | None:
        checkout = Path(self.ref.checkout) if self.ref.checkout else None
        repository = repository_of(self.ref)
        own = within(checkout, path) if checkout else None
        committed = await self._workspace.read_at(repository, self.base_sha, path)
        if own is None or not own.is_file():
            return committed
        if checked_out(checkout) == self.ref.default_branch:
            return own.read_bytes()
        if committed is None and not await self._workspace.is_tracked(repository, path):
            return own.read_bytes()
        return committed

    def own(self) -> Configuration | None:
        """What the checkout's own file says, before anything is fetched. On a branch that a run made it says what an
        agent wrote there."""
        checkout = Path(self.ref.checkout) if self.ref.checkout else None
        if checkout is None or (checked_out(checkout) or "").startswith(RUN_BRANCHES):
            return None
        for name in self._names():
            path = within(checkout, name)
            if path.is_file():
                return read_configuration(path.read_text(encoding="utf-8", errors="replace"), name)[0]
        return None

    async def configuration(self) -> tuple[Configuration, list[str]]:
        for name in self._names():
            content = await self.read(name)
            if content is not None:
                return read_configuration(content.decode(errors="replace"), name)
        return Configuration(), []

    def _names(self) -> list[str]:
        """Where the configuration may lie, the nearest first."""
        folder = PurePosixPath(self.ref.folder)
        return [str(place / CONFIGURATION) for place in (folder, *folder.parents)]


def locate(repo: str | None, home: Path) -> RepositoryRef:
    """The repository that an input names: a URL, or a folder inside a checkout."""
    if repo and ("://" in repo or repo.startswith("git@")):
        return RepositoryRef(url=repo)
    start = Path(repo).expanduser() if repo else home
    start = (start if start.is_absolute() else home / start).resolve()
    # A mistyped name within another repository would mean that one.
    for folder in (start, *start.parents) if start.is_dir() else ():
        if (folder / ".git").is_file() or (folder / ".git" / "HEAD").is_file():
            inside = start.relative_to(folder).as_posix()
            return RepositoryRef(checkout=str(folder), folder="" if inside == "." else inside)
    raise ConfigurationError(
        f"repo: {start} is no folder inside a git repository on the worker's host; give a checkout's path or a URL"
    )


def named_branch(configuration: Configuration) -> str | None:
    return (
        configuration.repo.default_branch if "default_branch" in configuration.repo.model_fields_set else None
    )


def checked_out(checkout: Path | None) -> str | None:
    """The branch that HEAD of a checkout names, read without running git in it."""
    if checkout is None:
        return None
    git = checkout / ".git"
    if git.is_file():
        git = (checkout / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()).resolve()
    head = (git / "HEAD").read_text(encoding="utf-8").strip()
    return head.removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else None


def project_of(ref: RepositoryRef) -> str:
    name = ref.checkout or (ref.url or "").rstrip("/").removesuffix(".git")
    return name.rstrip("/").replace(":", "/").rsplit("/", 1)[-1] or "project"


def model_of(configuration: Configuration, phase: str) -> str:
    """The model whose price a phase is reserved at: the coding agent's own when it names one."""
    agent = getattr(configuration.workflow.agent, phase)
    model = getattr(configuration.workflow.models, phase)
    if agent.preset == "builtin" or not agent.model:
        return str(model)
    provider = {"claude-code": "anthropic", "codex": "openai"}.get(agent.preset)
    return agent.model if ":" in agent.model or provider is None else f"{provider}:{agent.model}"
