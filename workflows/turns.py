"""A phase's conversation: one model call or agent session at a time, its tools in between, each in history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio.exceptions import ActivityError

from activities.phases import Phases, turn_key
from activities.tool_use import ToolUse
from domain.ledger import input_bound
from faber.contract.names import LLM_QUEUE, Phase
from faber.contract.turns import SpentRequest, ToolsRequest, TurnRequest, TurnResult
from workflows.asking import asked
from workflows.failures import Ended
from workflows.hosts import at_host
from workflows.money import each_booked, reserve_call, reserve_session, settle, settle_failed
from workflows.presets import EXEC, MODEL
from workflows.run import Run
from workflows.state import Conversation

REPAIRS = 2
TURNS: dict[Phase, Callable[[Phases, TurnRequest], Awaitable[TurnResult]]] = {
    "frame": Phases.frame,
    "architect": Phases.architect,
    "build": Phases.build,
    "evaluate": Phases.evaluate,
    "release": Phases.release,
}
INPUTS = ("issue", "specification", "diff", "checks_report")


async def converse(run: Run, phase: Phase, *, form_required: bool = True) -> TurnResult:
    """Turns until the model ends with an answer that fits the phase's form. With `form_required` false, an
    answer that does not fit after two repairs is handed back as it is, for the phase to judge."""
    state = run.state
    if state.conversation is None or state.conversation.phase != phase:
        cap = run.configuration.workflow.turns.of(phase)
        state.conversation = Conversation(
            phase=phase,
            round=state.round(phase),
            cap=cap,
            began=run.phase_began.isoformat(),
            cost_before=run.phase_cost,
        )
    talk = state.conversation
    while True:
        await run.checkpoint()
        await _within_cap(run, talk)
        result = await run.mended(phase, lambda: each_booked(run, phase, lambda: _turn(run, talk)))
        state.transcripts[phase] = talk.transcript = result.transcript
        if result.tools:
            await run.mended(phase, lambda: _use_tools(run, talk))
        elif not result.problems or (not form_required and talk.repairs >= REPAIRS):
            state.conversation = None
            return result
        else:
            await _ask_to_repair(run, talk, result)


async def _within_cap(run: Run, talk: Conversation) -> None:
    if talk.turn < talk.cap:
        return
    allowed = run.configuration.workflow.turns.of(talk.phase)
    await run.repair(
        talk.phase, "TURN_CAP", f"{talk.turn} turns without an end; approve allows {allowed} more"
    )
    talk.cap += allowed


async def _ask_to_repair(run: Run, talk: Conversation, result: TurnResult) -> None:
    told_ = "; ".join(result.problems[:10])
    if talk.repairs >= REPAIRS:
        await run.repair(talk.phase, "INVALID_RESPONSE", f"the answer does not fit its form: {told_}")
        talk.repairs = 0
    talk.repairs += 1
    talk.feedback = f"Your answer does not fit the form that was asked for: {told_}. Answer again, whole."
    talk.bound += len(talk.feedback.encode())


async def _turn(run: Run, talk: Conversation) -> TurnResult:
    """One turn, reserved before and settled after, failed or not."""
    phase, setup = talk.phase, run.setup
    price = setup.prices[phase]
    agent = run.configuration.workflow.agent.of(phase)
    builtin, wanted = agent.preset == "builtin", run.configuration.workflow.max_output_tokens
    while True:
        key = f"{phase}/{talk.round}/{talk.turn + 1}/{run.state.repairs}"
        reserved = (
            await reserve_call(run, phase, key, price, talk.bound, wanted)
            if builtin
            else await reserve_session(run, phase, key, price, agent.max_session_usd, wanted)
        )
        request = _request(run, talk, reserved.max_output_tokens, reserved.amount)
        summary = (
            f"{phase} round {talk.round}, turn {talk.turn + 1}: {request.model if builtin else agent.preset}"
        )
        try:
            if builtin:
                result = await asked(TURNS[phase], request, MODEL, LLM_QUEUE, summary)
            else:
                result = await at_host(run, TURNS[phase], request, EXEC, summary)
        except ActivityError as error:
            call = SpentRequest(
                call=turn_key(request), repair=request.repair, reserved_microusd=reserved.amount
            )
            await settle_failed(run, key, call, error, LLM_QUEUE if builtin else run.host)
            raise
        if result.needs_input_tokens is not None:
            run.state.ledger.release(key)
            talk.bound = result.needs_input_tokens
            continue
        settle(run, key, result.spend)
        if not builtin and result.spend.estimated and result.spend.cost_microusd == reserved.amount:
            run.note(
                f"{phase}: the agent did not say what it cost, so its session is booked at its cap, "
                f"workflow.agent.{phase}.max_session_usd"
            )
        _went_on(run, talk, result)
        return result


def _request(run: Run, talk: Conversation, max_output: int, amount: int) -> TurnRequest:
    state, setup, workflow_ = run.state, run.setup, run.configuration.workflow
    agent = workflow_.agent.of(talk.phase)
    artifacts = (state.issue_artifact, state.spec_artifact, state.diff, state.checks_report)
    inputs = {name: sha for name, sha in zip(INPUTS, artifacts, strict=True) if sha}
    values: dict[str, Any] = {name: "" for name in INPUTS if name not in inputs}
    values |= {
        "work_type": state.work_type or "",
        "summary": state.summary,
        "reasons": state.reasons,
        "checks": "; ".join(str(check.run) for check in workflow_.checks),
        "commands": ", ".join(commands_of(run)),
    }
    return TurnRequest(
        place=run.place,
        phase=talk.phase,
        round=talk.round,
        turn=talk.turn + 1,
        model=workflow_.models.of(talk.phase),
        price=setup.prices[talk.phase],
        max_output_tokens=max_output,
        reserved_microusd=amount,
        input_bound=talk.bound,
        repair=run.state.repairs,
        transcript=talk.transcript,
        feedback=talk.feedback,
        prompts=setup.prompts,
        inputs=inputs,
        values=values,
        commands=commands_of(run),
        agent=None if agent.preset == "builtin" else agent.model_dump(mode="json"),
        sandbox=setup.sandbox,
    )


def _went_on(run: Run, talk: Conversation, result: TurnResult) -> None:
    usage = result.spend.usage
    read = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    talk.turn += 1
    talk.feedback = None
    talk.bound = input_bound(read, usage.output_tokens, 0)
    if result.tree_sha is not None:
        run.state.tree_sha = result.tree_sha
    if result.model_version:
        run.state.versions[talk.phase] = result.model_version
    if result.session_id:
        run.state.sessions[f"{talk.phase}/{talk.round}"] = result.session_id


async def _use_tools(run: Run, talk: Conversation) -> None:
    if talk.transcript is None:
        raise Ended("INVALID_RESPONSE", "tools were asked for without a transcript", talk.phase)
    request = ToolsRequest(
        place=run.place,
        phase=talk.phase,
        round=talk.round,
        turn=talk.turn,
        transcript=talk.transcript,
        commands=commands_of(run),
        sandbox=run.setup.sandbox,
    )
    result = await at_host(run, ToolUse.use_tools, request, EXEC, f"{talk.phase} tools")
    talk.transcript = run.state.transcripts[talk.phase] = result.transcript
    talk.bound += result.bytes_added
    run.state.tree_sha = result.tree_sha


def commands_of(run: Run) -> list[str]:
    """The programs that the built-in agent may run: those of the checks, and those that the team allows."""
    workflow_ = run.configuration.workflow
    programs = [check.argv[0] for check in workflow_.checks]
    return list(dict.fromkeys([*programs, *workflow_.commands]))
