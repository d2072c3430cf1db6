"""docs/dependencies.md, requirements/*.in and what the code imports say the same."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from launcher import debian

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("protocol", "devices", "disk", "screens", "edge", "central", "provisioning", "launcher")
PAGE = (ROOT / "docs" / "dependencies.md").read_text()
NOT_IMPORTED = {"tzdata"}  # data that protocol.wall_clock reads


def wanted(name: str) -> set[str]:
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    return {re.split(r"[\[<>=;]", line)[0].strip().lower() for line in lines if line and line[0] not in "#-"}


def documented(heading: str) -> set[str]:
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| ([a-z0-9][a-z0-9.-]*) \|", section, re.MULTILINE)) - {"package"}


def imported(packages: tuple[str, ...]) -> set[str]:
    """The distributions that the code of these packages imports."""
    names = set()
    for package in packages:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    names |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    names.add((node.module or "").split(".")[0])
    own = {*sys.stdlib_module_names, *PRODUCT, "tests", "bench"}
    distributions = packages_distributions()
    return {distributions.get(name, [name])[0].lower().replace("_", "-") for name in names - own}


@pytest.mark.parametrize(("heading", "source"), [("The product", "runtime.in"), ("The tests", "development.in")])
def test_every_package_has_its_reason(heading: str, source: str) -> None:
    also = wanted("runtime.in") if source == "development.in" else set()
    assert documented(heading) == wanted(source) - also


def test_the_product_imports_only_what_it_declares() -> None:
    found = imported(PRODUCT)
    assert found
    assert found <= wanted("runtime.in")


def test_every_debian_package_of_the_launcher_is_on_the_page() -> None:
    assert documented("Debian") == {each.name for each in (*debian.ENVIRONMENT, *debian.TESTS)}
