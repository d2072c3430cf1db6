"""What docs/roles.md says, from the routes themselves; `tests/docs/test_roles.py` compares, and draws."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from aiohttp import web

from edge.services.office import Office
from edge.web import application
from edge.web.duties import DUTIES
from edge.web.screen_routes import HOMES, kind_of
from edge.web.screen_routes import OPEN as OPEN_TO_DEVICES
from edge.web.signed_in import access_of

PAGE = Path(__file__).parents[2] / "docs" / "roles.md"

HEAD = """# Who may open what, and do what

Drawn from the routes of the annexe (`MULHAQA_DRAW=1 pytest tests/docs/test_roles.py`); the same test compares.
The duties and their roles stand in [`edge/web/duties.py`](../edge/web/duties.py); what a role may do to a request,
whatever screen asks for it, is the law of [casework](architecture.md). A deputy has another's role on the days that
were noted, and only then. Whoever is signed in with another role is refused (403), whoever is not signed in is sent to
the sign-in, or refused (401).

| duty | roles |
| --- | --- |
"""

OPEN = {
    None: "everybody",
    frozenset({"citizen"}): "a citizen, signed in",
    frozenset({"newcomer"}): "a citizen who must choose a PIN first",
    frozenset({"new agent"}): "an agent who must choose a password first",
}
"""Who, where it is no duty of an agent's."""


SCREENS = """
## Screens

A device is paired once, for one kind of screen, and opens the paths of that kind alone; who may do what there, the
rest of this page says. The table stands in [`edge/web/screen_routes.py`](../edge/web/screen_routes.py). Whatever is not
open to every device leads a device that is not paired to the pairing page, or is refused (403).

| screen | paths | routes |
| --- | --- | --- |
"""

ANY_DEVICE = """
| open to every device | why |
| --- | --- |
"""


def page(office: Office) -> str:
    """The whole page."""
    app = application.build(office)
    duties = "".join(f"| {duty} | {', '.join(sorted(roles))} |\n" for duty, roles in DUTIES.items())
    return HEAD + duties + SCREENS + _screens(app) + "".join(_sections(app))


def _screens(app: web.Application) -> str:
    count = Counter(kind_of(path) for _, path, _ in _routes(app) if path not in OPEN_TO_DEVICES)
    of_kind = "".join(f"| {kind} | `{home}`, `{home}/…` | {count[kind]} |\n" for kind, home in HOMES.items())
    return of_kind + ANY_DEVICE + "".join(f"| `{path}` | {why} |\n" for path, why in OPEN_TO_DEVICES.items())


def _sections(app: web.Application) -> Iterator[str]:
    by_whom: dict[str, list[str]] = {}
    for method, path, handler in sorted(_routes(app), key=lambda one: (one[1], one[0])):
        by_whom.setdefault(_who(handler), []).append(f"| {method} | `{path}` | {_sentence(handler)} |\n")
    for who in [*OPEN.values(), *DUTIES]:
        yield f"\n## {who[0].upper()}{who[1:]}\n\n| | | |\n| --- | --- | --- |\n" + "".join(by_whom.pop(who, []))
    assert not by_whom, f"nobody's duty: {by_whom}"


def _routes(app: web.Application) -> Iterable[tuple[str, str, object]]:
    for route in app.router.routes():
        if route.method != "HEAD" and route.resource is not None:
            yield route.method, route.resource.canonical, route.handler


def _who(handler: object) -> str:
    access = access_of(handler)
    roles = None if access is None else access.roles
    names: Mapping[frozenset[str] | None, str] = {**OPEN, **{frozenset(of): duty for duty, of in DUTIES.items()}}
    return names[roles]


def _sentence(handler: object) -> str:
    return (inspect.getdoc(handler) or "").split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
