"""How long the launcher waits for a server that starts."""

from __future__ import annotations

from launcher.patience import PROGRESS, Patience

LINE = b'{"work":"views","done":500,"event":"' + PROGRESS + b'"}\n'


def test_who_says_nothing_of_progress_is_waited_for_once() -> None:
    patience = Patience(60, now=0)
    for second in range(60):
        assert not patience.is_over(second)
        patience.hear(b'{"event":"uplink.failed"}\n', second)
    assert patience.is_over(60)


def test_each_word_of_progress_begins_the_time_anew() -> None:
    patience = Patience(60, now=0)
    for second in range(0, 600, 59):
        assert not patience.is_over(second)
        patience.hear(LINE, second)
    assert not patience.is_over(590 + 59)
    assert patience.is_over(590 + 60)


def test_a_word_that_is_read_in_pieces_counts_once() -> None:
    for cut in range(len(LINE)):
        patience = Patience(60, now=0)
        patience.hear(LINE[:cut], 10)
        patience.hear(LINE[cut:], 20)
        heard = 10 if PROGRESS in LINE[:cut] else 20
        patience.hear(b"more words", 30)
        assert not patience.is_over(heard + 59)
        assert patience.is_over(heard + 60)
