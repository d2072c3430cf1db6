"""Whether the annexe may seal now: its seals are there, its clock can be believed, and their validity has come.

A certificate that carries a time outside its seal's validity is refused wherever it is verified, and a wrong date on a
paper is worse than a late one. So nothing is sealed then: grants wait, are sealed by themselves once it is mended, and
the administration page says why.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509

from devices.health import Condition, Health
from edge.services.office import Office
from protocol.errors import N_, OperatorError
from protocol.office.seals import SealKeys


def usable_seals(office: Office) -> SealKeys:
    """Return the annexe's seals; OperatorError, with what to do, while nothing may be sealed with them."""
    seals = office.seals
    if seals is None:
        raise OperatorError(N_("This annexe has no seals: install the seed that the prefecture made for it."))
    if office.clock() == "unknown":
        raise OperatorError(N_("The appliance's clock is not to be believed, so nothing is sealed: set it right."))
    from_ms, until_ms = _validity((seals.pades_cert, seals.token_cert, *seals.chain))
    if office.now() < from_ms:
        raise OperatorError(
            f"The seals hold from {_day(from_ms)}, and the appliance's clock says {_day(office.now())}: set it right."
        )
    if office.now() > until_ms:
        raise OperatorError(f"The seals held until {_day(until_ms)}: ask the prefecture for new ones.")
    return seals


def seal_health(office: Office) -> Health:
    """Say for the administration page whether certificates can be sealed."""
    try:
        usable_seals(office)
    except OperatorError as error:
        absent = office.seals is None
        return Health("seal", Condition.ABSENT if absent else Condition.DEGRADED, simulated=False, why=str(error))
    return Health("seal", Condition.WORKING, simulated=False)


@lru_cache(maxsize=4)
def _validity(certificates: tuple[bytes, ...]) -> tuple[int, int]:
    """From when until when all of `certificates` (DER) hold, in milliseconds: of the two seals and what vouches for
    them, the latest beginning and the earliest end."""
    read = [x509.load_der_x509_certificate(each) for each in certificates]
    begins = max(each.not_valid_before_utc for each in read)
    ends = min(each.not_valid_after_utc for each in read)
    return round(begins.timestamp() * 1000), round(ends.timestamp() * 1000)


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()
