"""What Debian must bring: found, installed by root, or asked for in a sentence."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from launcher import debian
from launcher.debian import Apt, Package, provide
from launcher.progress import Refusal, Speaker


class Shop:
    """An installer that notes what it is asked for and may bring it."""

    def __init__(self, shelf: set[str], brings: bool = True) -> None:
        self.shelf, self.brings, self.asked = shelf, brings, list[str]()

    def may_install(self, names: list[str]) -> None:
        pass

    def install(self, names: list[str]) -> None:
        self.asked += names
        if self.brings:
            self.shelf.update(names)


def package(name: str, shelf: set[str]) -> Package:
    return Package(name, f"what {name} is for", lambda: name in shelf)


def test_what_is_there_is_not_asked_for() -> None:
    shelf = {"fonts", "browser"}
    shop = Shop(shelf)
    provide([package("fonts", shelf), package("browser", shelf)], Speaker(io.StringIO()), shop)
    assert shop.asked == []


def test_only_what_is_missing_is_installed_and_each_is_explained() -> None:
    shelf, said = {"fonts"}, io.StringIO()
    shop = Shop(shelf)
    provide([package("fonts", shelf), package("browser", shelf)], Speaker(said), shop)
    assert shop.asked == ["browser"]
    assert "what browser is for" in said.getvalue()
    assert "what fonts is for" not in said.getvalue()


def test_a_package_that_brings_nothing_is_said_so() -> None:
    with pytest.raises(Refusal, match="browser was installed, yet"):
        provide([package("browser", set())], Speaker(io.StringIO()), Shop(set(), brings=False))


def test_somebody_who_is_not_root_gets_the_command_to_type_and_no_promise() -> None:
    said = io.StringIO()
    with pytest.raises(Refusal, match="sudo apt-get install --no-install-recommends fonts chromium\nthen"):
        provide(
            [package("fonts", set()), package("chromium", set())],
            Speaker(said),
            Apt(program="/nowhere/apt-get", user=1000),
        )
    assert "what chromium is for" in said.getvalue()
    assert "installing" not in said.getvalue()


def test_a_system_without_apt_is_told_what_to_look_for() -> None:
    with pytest.raises(Refusal, match="no apt-get: install what Debian calls chromium"):
        provide([package("chromium", set())], Speaker(io.StringIO()), Apt(program="", user=0))


def test_a_failing_apt_shows_its_last_lines(tmp_path: Path) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\necho E: no route to the archive\nexit 100\n")
    apt.chmod(0o755)
    with pytest.raises(Refusal, match=r"no route to the archive\napt-get update failed"):
        Apt(program=str(apt), user=0).install(["chromium"])


def test_apt_is_refreshed_before_it_installs(tmp_path: Path) -> None:
    apt, log = tmp_path / "apt-get", tmp_path / "log"
    apt.write_text(f"#!/bin/sh\necho $@ >> {log}\n")
    apt.chmod(0o755)
    Apt(program=str(apt), user=0).install(["chromium"])
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["update", "install"]


def test_every_package_of_the_tables_says_what_it_is_for() -> None:
    for each in (*debian.ENVIRONMENT, *debian.PRODUCT, *debian.TESTS):
        assert each.name
        assert len(each.purpose) > 10
