"""The prefecture's figures: each annexe by its id, nobody by name."""

from __future__ import annotations

from central.connections import Told
from central.web.metrics import METRICS
from tests.central.provisioned import ANNEXE
from tests.central.web.support import TYPED, Annexe, Visitor


async def test_each_annexe_is_counted_and_what_is_missing_of_it(visitor: Visitor, annexe: Annexe) -> None:
    annexe.decide("granted")
    await annexe.send("granted", only=lambda number: number != 2)
    annexe.prefecture.connections.told[ANNEXE] = Told(left=3, ahead_ms=0, at_ms=0)
    page = await (await visitor.get("/metrics")).text()
    assert f'mulhaqa_central_annexe_holes{{annexe="{ANNEXE}"}} 1.0' in page
    assert f'mulhaqa_central_annexe_contact_timestamp_seconds{{annexe="{ANNEXE}"}}' in page
    assert f'mulhaqa_central_annexe_condition{{annexe="{ANNEXE}",condition="stuck"}} 1.0' in page
    assert f'mulhaqa_central_annexe_condition{{annexe="{ANNEXE}",condition="well"}} 0.0' in page
    assert all(f"# TYPE {metric.name} gauge" in page for metric in METRICS)
    assert not any(typed in page for typed in TYPED)
