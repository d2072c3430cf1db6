"""One suite for every modem: the simulated twin now, the real adapter as soon as it stands."""

from collections.abc import Callable

import pytest

from devices.health import Condition
from devices.modem import LONGEST_TEXT, Modem, Outcome, SimulatedModem

MODEMS: dict[str, Callable[[], Modem]] = {"simulated": lambda: SimulatedModem(lambda: 1_700_000_000_000)}


@pytest.fixture(params=sorted(MODEMS))
def modem(request: pytest.FixtureRequest) -> Modem:
    return MODEMS[request.param]()


async def test_a_text_to_a_mobile_is_sent(modem: Modem) -> None:
    assert (await modem.send("+212612345678", "طلبكم جاهز")).outcome is Outcome.SENT
    assert modem.health().condition is Condition.WORKING


@pytest.mark.parametrize("number", ["0612345678", "+21261234567x", "", "+", "+1234567890123456"])
async def test_a_number_that_is_not_e164_is_refused_for_good(modem: Modem, number: str) -> None:
    report = await modem.send(number, "bonjour")
    assert report.outcome is Outcome.REFUSED
    assert "E.164" in report.why


@pytest.mark.parametrize("text", ["", "ا" * (LONGEST_TEXT + 1)])
async def test_an_empty_or_endless_text_is_refused_for_good(modem: Modem, text: str) -> None:
    assert (await modem.send("+212612345678", text)).outcome is Outcome.REFUSED


async def test_the_unplugged_twin_says_that_nothing_left_and_recovers() -> None:
    modem = SimulatedModem(lambda: 5)
    modem.unplugged = True
    assert (await modem.send("+212612345678", "bonjour")).outcome is Outcome.UNREACHABLE
    assert modem.health().condition is Condition.ABSENT
    assert not modem.messages
    modem.unplugged = False
    assert (await modem.send("+212612345678", "bonjour")).outcome is Outcome.SENT
    assert [(one.at, one.text) for one in modem.messages] == [(5, "bonjour")]
