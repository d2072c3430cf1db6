"""What a page that begins to listen may have missed, by the age that it says."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request

from screens.missed import LATE_S, OLDEST_MS, missed_s


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", LATE_S),
        ("1500", 1.5 + LATE_S),
        (str(OLDEST_MS + 1), OLDEST_MS / 1000 + LATE_S),
        *((nonsense, 0) for nonsense in ("", "-1", "1e9", "\u0661", "9" * 400)),
    ],
)
def test_a_page_hears_as_far_back_as_it_is_old(said: str, seconds: float) -> None:
    assert missed_s(make_mocked_request("GET", f"/counter/live?age={said}")) == seconds
