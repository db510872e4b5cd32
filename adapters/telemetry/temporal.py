"""Temporal's own tracing, with one trace for each run."""

from __future__ import annotations

import dataclasses
from typing import Any

from opentelemetry import trace
from temporalio import workflow
from temporalio.contrib.opentelemetry import TracingInterceptor

from adapters.telemetry.ids import WORKFLOW, span_of, taking, trace_of, traceparent


class RunTracing(TracingInterceptor):
    """Whatever a workflow does hangs below the span of its beginning. A run that was started without a trace
    (`temporal workflow start`, the command line) would get another one for each of its activities: its ids follow
    from its first execution instead."""

    def _completed_workflow_span(self, params: Any) -> Any:
        if params.name.startswith("HandleQuery:"):
            # It belongs to whoever asks.
            return super()._completed_workflow_span(params)
        info = workflow.info()
        origin = info.first_execution_run_id
        began = trace.get_current_span(self.text_map_propagator.extract(params.context)).get_span_context()
        root, trace_id = span_of(origin, WORKFLOW), began.trace_id or trace_of(origin)
        if params.name.startswith("RunWorkflow:") and info.continued_run_id is None:
            with taking(root, trace_id):
                return super()._completed_workflow_span(params)
        return super()._completed_workflow_span(
            dataclasses.replace(params, context=traceparent(trace_id, root))
        )
