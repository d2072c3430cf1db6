"""`mulhaqa-central where`: where the records of a request are, and since when, as on its dossier's page."""

from __future__ import annotations

import argparse
import json
import os
from datetime import UTC, datetime

from central.installation import open_installation
from central.opening import now_ms, opened_centre
from central.references import References
from central.store.whereabouts import RecordFound, records_of

WHERE = "Tell where the records of a request are (annexe, prefecture), and since when."


def where_options(sub: argparse.ArgumentParser) -> None:
    """The options of `where`."""
    sub.add_argument("reference", help="the reference on the receipt, as in B05-7K3MQ-2X9RT")
    sub.add_argument("--json", action="store_true", help="one JSON object a record")
    sub.set_defaults(run=_where)


async def _where(chosen: argparse.Namespace) -> int:
    async with opened_centre(open_installation(chosen.data), now_ms, os.urandom) as centre:
        request = await References(centre.store, centre.queries).find(chosen.reference)
        found = await records_of(centre.store, request.annexe, request.subject)
    if not chosen.json:
        print(f"{request.case.reference} ({request.annexe})")
    for one in found:
        print(_as_json(request.case.reference, request.annexe, one) if chosen.json else _as_text(one))
    return 0


def _as_text(one: RecordFound) -> str:
    place = f"{one.stream} {one.segment.hex()}:{one.seq}"
    came = f"since {_moment(one.received_ms)}" if one.received_ms else "holds it"
    beside = " (kept as proof: another stands under this name)" if one.is_proof else ""
    return f"  {one.kind or 'sealed':24} {place}: annexe since {_moment(one.written_ms)}; prefecture {came}{beside}"


def _as_json(reference: str, annexe: str, one: RecordFound) -> str:
    """Instants are ms since the epoch; `written_ms` by the annexe's clock."""
    return json.dumps(
        {
            "reference": reference,
            "kind": one.kind,
            "stream": one.stream,
            "segment": one.segment.hex(),
            "seq": one.seq,
            "annexe": {"id": annexe, "since_ms": one.written_ms},
            "prefecture": {"held": True, "since_ms": one.received_ms, "proof": one.is_proof},
        }
    )


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
