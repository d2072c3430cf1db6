"""Records of the next release at an annexe and a prefecture of this one: nothing is lost, refused or guessed."""

from __future__ import annotations

from pathlib import Path

from tests.skew.pair import Pair


def test_an_annexe_of_the_next_release_is_understood_as_far_as_it_can_be(pair: Pair, next_release: Path) -> None:
    pair.annexe = next_release
    pair.work("11111", "the building has no number")
    pair.work("22222")
    assert "0 records wait for the prefecture's confirmation." in pair.meet()
    held = pair.at_prefecture()
    assert (held["cases"], held["frozen"]) == (2, 1)
    pair.prefecture = next_release
    assert pair.at_prefecture() == {**held, "frozen": 0, "later": 0}


def test_a_prefecture_that_was_put_back_to_the_release_before_keeps_all_and_reads_it_again_later(
    pair: Pair, this_release: Path, next_release: Path
) -> None:
    pair.annexe = pair.prefecture = next_release
    pair.work("11111", "the building has no number")
    pair.work("22222")
    pair.meet()
    held = pair.at_prefecture()
    assert (held["cases"], held["frozen"], held["later"]) == (2, 0, 0)
    pair.prefecture = this_release
    assert pair.at_prefecture() == {**held, "frozen": 1, "later": 1}
    assert pair.at_prefecture() == {**held, "frozen": 1, "later": 1}, "at each start, not at the first alone"
    pair.prefecture = next_release
    assert pair.at_prefecture() == held


def test_an_annexe_that_was_put_back_to_the_release_before_keeps_all_and_reads_it_again_later(
    pair: Pair, this_release: Path, next_release: Path
) -> None:
    pair.annexe = pair.prefecture = next_release
    pair.work("11111", "the building has no number")
    pair.work("22222")
    both = pair.at_annexe()
    pair.annexe = this_release
    back = pair.at_annexe()
    assert back["later"] == [1, 0]
    assert {reference: frozen for reference, (frozen, _) in back["cases"].items()} == {
        "B05-00000-11111": True,
        "B05-00000-22222": False,
    }
    pair.work("33333")
    assert "0 records wait" in pair.meet()
    assert pair.at_prefecture()["frozen"] == 0
    pair.annexe = next_release
    again = pair.at_annexe()
    assert again["later"] == [0, 0]
    assert {name: case for name, case in again["cases"].items() if name != "B05-00000-33333"} == both["cases"]


def test_an_annexe_of_an_earlier_release_keeps_what_it_is_told_of_looks_and_shows_it_later(
    pair: Pair, this_release: Path, before_looks: Path
) -> None:
    pair.annexe = before_looks
    pair.work("11111")
    pair.meet()
    pair.look()
    pair.meet()
    held = pair.at_annexe()
    assert (held["later"], held["looks"]) == ([1, 0], [0])
    assert [frozen for frozen, _ in held["cases"].values()] == [False]
    pair.annexe = this_release
    assert pair.at_annexe() == {**held, "later": [0, 0], "looks": [1], "kinds": pair.at_annexe()["kinds"]}
