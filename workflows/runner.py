"""How this worker runs workflows: in the SDK's sandbox, without two things that the SDK does for naught here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowInterceptorClassInput,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.workflow import Info


class Runner(SandboxedWorkflowRunner):
    """A reference to any part of a protobuf message keeps all of it in memory, and a cached run's first one holds its
    input, an inline definition or the state of the execution before, several times over: so it keeps copies."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        info = replace(det.info, raw_memo=copied(det.info.raw_memo), headers=copied(det.info.headers))
        last = Payloads.FromString(det.last_completion_result.SerializeToString())
        return Direct(super().create_instance(replace(det, info=info, last_completion_result=last)))


class Direct(WorkflowInstance):
    """The SDK asks six times for each payload, each time through the sandbox, by which context a payload codec or an
    external storage shall see it. `faber.converter` has neither, and a quarter of a worker's time went there."""

    def __init__(self, sandboxed: WorkflowInstance) -> None:
        self._sandboxed = sandboxed

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        return self._sandboxed.activate(act)

    def get_serialization_context(self, command_info: Any) -> None:
        return None

    def get_external_store_context(self, command_info: Any) -> StorageDriverStoreContext:
        return StorageDriverStoreContext()

    def get_info(self) -> Info:
        return self._sandboxed.get_info()

    def get_thread_id(self) -> int | None:
        return self._sandboxed.get_thread_id()


class OwnCopies(Interceptor):
    """The same as `Runner`, for the headers that the SDK hands to the workflow."""

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        return _OwnCopies


class _OwnCopies(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        input.headers = copied(input.headers)
        return await super().execute_workflow(input)


def copied(payloads: Mapping[str, Payload]) -> dict[str, Payload]:
    return {name: Payload.FromString(one.SerializeToString()) for name, one in payloads.items()}
