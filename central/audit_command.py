"""`mulhaqa-central audit`: who did what to a request, when, with which key, and whether all of it verifies."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from central.installation import open_installation
from central.opening import now_ms, opened_centre
from central.references import References
from central.store.auditing import Fault, Step, audit
from central.store.decision_check import DecisionCheck
from central.store.queries import RequestRow

AUDIT = "Print who did what to a request, when and with which key; verify all of it anew."

WRONG: Mapping[Fault, str] = {
    Fault.UNKNOWN_SIGNER: "no credential of this annexe names the key that signed it",
    Fault.BROKEN: "its bytes or its signature do not hold: the disk damaged it, or somebody changed it",
    Fault.SEALED: "its body cannot be opened: the key is not held here, or was destroyed",
    Fault.LATER: "a later release wrote it: upgrade, and ask again",
    Fault.GAP: "the record before it has not arrived",
    Fault.ORPHAN: "a step that it follows has not arrived",
    Fault.PROOF: "another record stands under its name: both are kept, this one does not count",
}

SIGNED: Mapping[DecisionCheck, str] = {
    DecisionCheck.VERIFIED: "the signature holds, over this decision",
    DecisionCheck.UNKNOWN_KEY: "NOT PROVEN: the annexe has vouched for no such key",
    DecisionCheck.BAD_SIGNATURE: "NOT PROVEN: the signature does not hold",
    DecisionCheck.MISMATCH: "NOT PROVEN: the sheet that was signed says another thing than the log",
}


def audit_options(sub: argparse.ArgumentParser) -> None:
    """The options of `audit`."""
    sub.add_argument("reference", metavar="CASE", help="the reference on the receipt, as in B05-7K3MQ-2X9RT")
    sub.add_argument("--json", action="store_true", help="one JSON object a record, and one for the whole at the end")
    sub.set_defaults(run=_audit)


async def _audit(chosen: argparse.Namespace) -> int:
    async with opened_centre(open_installation(chosen.data), now_ms, os.urandom) as centre:
        request = await References(centre.store, centre.queries).find(chosen.reference)
        steps = await audit(centre.store, centre.trust, request.annexe, request.subject)
    verifies = all(step.verifies for step in steps) and request.decision in (DecisionCheck.NONE, DecisionCheck.VERIFIED)
    for line in (_as_json if chosen.json else _as_text)(request, steps, verifies):
        print(line)
    return 0 if verifies else 1


def _as_text(request: RequestRow, steps: Sequence[Step], verifies: bool) -> list[str]:
    lines = [f"{request.case.reference} ({request.annexe}): {request.case.state.value}"]
    for step in steps:
        lines += _step_as_text(step)
    if request.decision not in (DecisionCheck.NONE, DecisionCheck.VERIFIED):
        lines.append(f"The decision that stands: {SIGNED[request.decision]}.")
    wrong = sum(not step.verifies for step in steps)
    lines.append(f"All {len(steps)} records verify." if verifies else f"{wrong} of {len(steps)} records do not verify.")
    return lines


def _step_as_text(step: Step) -> list[str]:
    by = "" if step.by is None else f"{step.by.role} {step.by.name} ({step.by.id})"
    flags = f" [{', '.join(step.flags)}]" if step.flags else ""
    place = f"{step.stream} {step.segment.hex()}:{step.seq}"
    lines = [f"  {_moment(step.time_ms)}  {step.kind or 'unreadable':24} {by}".rstrip()]
    lines.append(f"    {place}, signed by {_signer(step)}{flags}: {'does NOT hold' if step.faults else 'holds'}")
    lines += [f"    {WRONG[fault]}" for fault in step.faults]
    if step.decision is not None:
        whose = step.decision.login or "nobody that is known"
        lines.append(f"    decided with the key {step.decision.key.hex()} of {whose}: {SIGNED[step.decision.check]}")
    return lines


def _signer(step: Step) -> str:
    key = "a key that cannot be read" if step.key is None else f"the key {step.key.hex()}"
    signer = step.signer
    return key if signer is None else f"{key} of {signer.kind} {signer.holder}, epoch {signer.epoch}"


def _as_json(request: RequestRow, steps: Sequence[Step], verifies: bool) -> list[str]:
    """Instants are ms since the epoch, by the annexe's clock; keys and hashes in hexadecimal."""
    whole = {
        "reference": request.case.reference,
        "annexe": request.annexe,
        "state": request.case.state.value,
        "decision": request.decision.value,
        "records": len(steps),
        "verifies": verifies,
    }
    return [*(json.dumps(_step_as_json(step), ensure_ascii=False) for step in steps), json.dumps(whole)]


def _step_as_json(step: Step) -> dict[str, object]:
    by, signer, decision = step.by, step.signer, step.decision
    return {
        "kind": step.kind,
        "by": None if by is None else {"role": by.role, "id": by.id, "name": by.name},
        "at_ms": step.time_ms,
        "stream": step.stream,
        "segment": step.segment.hex(),
        "seq": step.seq,
        "hash": step.hash.hex(),
        "key": None if step.key is None else step.key.hex(),
        "signer": None if signer is None else {"kind": signer.kind, "holder": signer.holder, "epoch": signer.epoch},
        "flags": list(step.flags),
        "faults": [fault.value for fault in step.faults],
        "decision": None
        if decision is None
        else {"key": decision.key.hex(), "login": decision.login, "check": decision.check.value},
        "verifies": step.verifies,
    }


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
