"""What a cached run keeps of the message that it began with: its own copies.

A reference to any part of a protobuf message keeps all of it in memory, and the first one holds the run's input, an
inline definition or the state of the execution before, several times over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowInterceptorClassInput,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner


class Runner(SandboxedWorkflowRunner):
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        info = replace(det.info, raw_memo=copied(det.info.raw_memo), headers=copied(det.info.headers))
        last = Payloads.FromString(det.last_completion_result.SerializeToString())
        return super().create_instance(replace(det, info=info, last_completion_result=last))


class Kept(Interceptor):
    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        return _Kept


class _Kept(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        input.headers = copied(input.headers)
        return await super().execute_workflow(input)


def copied(payloads: Mapping[str, Payload]) -> dict[str, Payload]:
    return {name: Payload.FromString(one.SerializeToString()) for name, one in payloads.items()}
