"""What can go wrong, drawn as a tree; which of it is permanent is decided here and nowhere else.

FaberError
├── UsageError                  the caller's words: exit 2
│   ├── ConfigurationError      .fractary/config.yaml, a prompt file, an option
│   ├── NotYours                an id that belongs to another tenant
│   ├── NoSuchRun               nothing goes by that run id
│   ├── Conflict                what is there already is in another state, or was made otherwise
│   ├── DefinitionInvalid       a definition with problems, all of them named
│   └── DefinitionNotFound      neither in the registry nor a file
├── Unreachable                 no Temporal, or no worker polls: exit 6
│   ├── EngineUnavailable       no Temporal server could be obtained or started here
│   └── RecordsUnavailable      the database of the records does not answer
├── WorkflowError               a run ended, or waits, in a way its caller must know
│   ├── BudgetExceeded          exit 4
│   ├── BudgetApprovalRequired  exit 5
│   ├── PhaseApprovalRequired   exit 3
│   └── RunCancelled            exit 130
└── WorkerError                 what the world answered while a worker worked
    ├── LLMError                a model provider; its code says whether to try again
    ├── ValidationError         what was handed in, or came back, does not fit its schema
    ├── WorkItemError           no such item, held by another run, or delivered already
    ├── GitError                git itself said no
    │   └── PushRefused         the remote did not take the branch
    ├── ToolMissing             a program that the run needs is not on this host
    ├── ForgeError              the code host or the issue tracker said no
    ├── ApiCallError            a call of somebody's HTTP interface was refused, by them or by us
    │   ├── ApiCallUnanswered   it was not answered, or with 429 or 5xx: another try may be
    │   └── SsrfRefused         an address that a step may not reach
    ├── NotifyError             a person cannot be told: the address, or the mail server's word
    │   └── NotifyUnanswered    the mail server is away, or says to come again
    ├── SecretInWork            work would carry a secret of the worker's environment out
    └── LeaseLost               a newer attempt of the same work has taken over
"""

from __future__ import annotations

from typing import Any, ClassVar

RETRYABLE_CODES = frozenset({"RATE_LIMIT", "TIMEOUT", "NETWORK_ERROR", "SERVER_ERROR", "UNKNOWN"})
FINAL_CODES = frozenset(
    {
        "AUTH_ERROR",
        "VALIDATION_ERROR",
        "NOT_FOUND",
        "UNSUPPORTED_PROVIDER",
        "MISSING_API_KEY",
        "INVALID_RESPONSE",
        "BILLING_EXHAUSTED",
    }
)
MENDED_BY_PEOPLE = frozenset(
    {"AUTH_ERROR", "MISSING_API_KEY", "BILLING_EXHAUSTED", "NOT_FOUND", "INVALID_RESPONSE"}
)


class FaberError(Exception):
    """Base of every expected error. `code` is stable and becomes the Temporal failure type."""

    code: ClassVar[str] = "FABER_ERROR"
    permanent: ClassVar[bool] = True
    repairable: ClassVar[bool] = False
    """A person can mend the world and the same step can then go on: the run opens `manual_fix`."""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class UsageError(FaberError):
    code = "USAGE"


class ConfigurationError(UsageError):
    code = "CONFIGURATION"


class NotYours(UsageError):
    code = "NOT_YOURS"


class NoSuchRun(UsageError):
    code = "NO_SUCH_RUN"


class Conflict(UsageError):
    code = "CONFLICT"


class DefinitionInvalid(UsageError):
    """`details["problems"]` has every one of them: {path, message, line, severity}."""

    code = "DEFINITION_INVALID"


class DefinitionNotFound(UsageError):
    code = "DEFINITION_NOT_FOUND"


class Unreachable(FaberError):
    code = "UNREACHABLE"
    permanent = False


class EngineUnavailable(Unreachable):
    code = "ENGINE_UNAVAILABLE"


class RecordsUnavailable(Unreachable):
    code = "RECORDS_UNAVAILABLE"


class WorkflowError(FaberError):
    """A run failed. `details["result"]` is its result document where there is one."""

    code = "WORKFLOW_FAILED"


class BudgetExceeded(WorkflowError):
    code = "BUDGET_EXCEEDED"


class BudgetApprovalRequired(WorkflowError):
    code = "BUDGET_APPROVAL_REQUIRED"


class PhaseApprovalRequired(WorkflowError):
    code = "PHASE_APPROVAL_REQUIRED"


class RunCancelled(WorkflowError):
    code = "CANCELLED"


class WorkerError(FaberError):
    code = "WORKER_ERROR"


class LLMError(WorkerError):
    """A model call failed: `kind` is one of RETRYABLE_CODES or FINAL_CODES.

    `retry_after_s` is what the provider asked for, in seconds; `usage` is set when the failed answer was billed.
    """

    def __init__(
        self, kind: str, message: str, *, retry_after_s: float | None = None, **details: Any
    ) -> None:
        super().__init__(message, **details)
        self.kind = kind
        self.retry_after_s = retry_after_s

    @property
    def retryable(self) -> bool:
        return self.kind in RETRYABLE_CODES

    @property
    def fixable(self) -> bool:
        """An expired key, a refused model, an empty account, or something else than a model behind the base URL: a
        person can mend it while the run waits."""
        return self.kind in MENDED_BY_PEOPLE


class ValidationError(WorkerError):
    code = "VALIDATION_ERROR"


class WorkItemError(WorkerError):
    code = "WORK_ITEM"


class WorkItemNotFound(WorkItemError):
    code = "WORK_ITEM_NOT_FOUND"


class WorkItemBusy(WorkItemError):
    code = "WORK_ITEM_BUSY"


class WorkItemDelivered(WorkItemError):
    code = "WORK_ITEM_DELIVERED"


class GitError(WorkerError):
    code = "GIT_ERROR"
    permanent = False


class PushRefused(GitError):
    code = "PUSH_REFUSED"
    permanent = True
    repairable = True


class ToolMissing(WorkerError):
    code = "TOOL_MISSING"
    repairable = True


class AgentFailed(WorkerError):
    """A coding agent's session ended in an error of its own; `details` has what it said and what it cost."""

    code = "AGENT_FAILED"
    repairable = True


class ForgeError(WorkerError):
    code = "FORGE_ERROR"
    repairable = True


class ArtifactMissing(WorkerError):
    """Bytes that a run refers to are not in this worker's artifact store; another worker may have them."""

    code = "ARTIFACT_MISSING"
    permanent = False
    repairable = True


class ApiCallError(WorkerError):
    """`details` has the `status`, and `body_sha256` and `body_bytes` in place of the body."""

    code = "API_CALL_FAILED"


class ApiCallUnanswered(ApiCallError):
    """`retry_after_s`, in `details`, is what the other side asked for."""

    code = "API_CALL_UNANSWERED"
    permanent = False


class SsrfRefused(ApiCallError):
    code = "SSRF_REFUSED"


class NotifyError(WorkerError):
    code = "NOTIFICATION_REFUSED"
    repairable = True


class NotifyUnanswered(NotifyError):
    code = "NOTIFICATION_UNANSWERED"
    permanent = False


class SecretInWork(WorkerError):
    """Work that would carry a secret of the worker's environment out; `names` are those of the variables."""

    code = "SECRET_IN_WORK"


class LeaseLost(WorkerError):
    code = "LEASE_LOST"


def named(code: str, message: str, details: dict[str, Any]) -> FaberError | None:
    """The error of that code, as a worker told it across Temporal; None when no class has it."""
    kinds = [FaberError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    found = next((kind for kind in kinds if kind.code == code and not issubclass(kind, LLMError)), None)
    told = {name: value for name, value in details.items() if name != "message"}
    return found(message, **told) if found else None
