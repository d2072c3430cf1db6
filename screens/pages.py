"""Pages: Jinja templates rendered in the person's language, for any screen of either side.

`setup(app, ...)` is called once an application. A handler then ends with

    return pages.render(request, "kiosk/home.html", procedures=rows)

Every template knows: `tongue` (screens.languages.Tongue), `_()` and `ngettext()` in that language, `session`, `csrf`,
`principal`, `hidden()` (the fields that every form carries), `area`, `languages`, `here` (this page's path), `again`
(where it can be asked for again, in another language), `command()` (a fresh command id), `asset(name)`, `icon(name)`,
and what the application's own `context` adds.
Filters: `own` (bilingual data in this language), `day`, `moment`, `look` (the look of a state).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from protocol.errors import CallerError
from screens import cookies
from screens.drawn import Drawn
from screens.folded_templates import FoldedEnvironment, saying
from screens.forms import COMMAND_SIZE
from screens.languages import DEFAULT, LANGUAGES, Languages, Tongue
from screens.sessions import Session, Sessions
from screens.states import look

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
STATIC = HERE / "static"

LANGUAGE_COOKIE = "lang"
LANGUAGE_KEPT = 400 * 24 * 3600
"""Seconds: as long as browsers keep any cookie. It names a language and nobody."""


@dataclass(frozen=True, slots=True)
class Area:
    """A screen with its own sessions: `name` is the first part of its paths (or "" for the whole site).

    `layout` is the template that its error pages extend, `idle_ms` when an idle session ends, `home` where an error
    page leads back to, `languages` the codes offered there.
    """

    name: str
    layout: str
    idle_ms: int
    home: str
    languages: tuple[str, ...] = ("ar", "fr")
    css_class: str = "staff"

    @property
    def path(self) -> str:
        """The path under which its cookie is sent."""
        return f"/{self.name}"


@dataclass(frozen=True, slots=True)
class Site:
    """What `setup` installed, found again by the handlers under `SITE`."""

    languages: Languages
    sessions: Sessions
    areas: Mapping[str, Area]
    environments: Mapping[str, Environment]
    context: Callable[[web.Request], Mapping[str, Any]]
    drawn: Drawn
    now: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a request stands: the area whose session its path belongs to, if any, whose layout and languages it gets,
    and the language that this person reads."""

    sitting: Area | None
    area: Area
    tongue: Tongue


SITE: web.AppKey[Site] = web.AppKey("site", Site)
SESSION: web.RequestKey[Session] = web.RequestKey("session", Session)
STANDING: web.RequestKey[Standing] = web.RequestKey("standing", Standing)
DEVICE: web.RequestKey[str] = web.RequestKey("device", str)
"""The device that a request comes from, on a side that knows its devices: a session stays on the one it began on."""
LOST: web.RequestKey[bool] = web.RequestKey("lost", bool)
"""Set when the browser came with the id of a session that is no more."""


def setup(
    app: web.Application,
    *,
    areas: Sequence[Area],
    folders: Sequence[Path],
    now: Callable[[], int],
    entropy: Callable[[int], bytes],
    context: Callable[[web.Request], Mapping[str, Any]],
    languages: Languages | None = None,
    remembers_language: bool = True,
) -> Site:
    """Install templates, languages and sessions. The first of `areas` also owns paths that belong to none.

    `remembers_language`: let people choose a language that a cookie remembers; not where no cookie may be set.
    """
    languages = languages or Languages.load()
    site = Site(
        languages=languages,
        sessions=Sessions(now, entropy),
        areas={area.name: area for area in areas},
        environments={tongue.code: _environment(tongue, [*folders, TEMPLATES]) for tongue in languages},
        context=context,
        drawn=Drawn(entropy),
        now=now,
    )
    app[SITE] = site
    if remembers_language:
        app.router.add_get("/lang/{code}", switch_language, name="language")
    app.router.add_static("/static", STATIC, name="static", append_version=False)
    return site


def _environment(tongue: Tongue, folders: Sequence[Path]) -> Environment:
    environment = FoldedEnvironment(
        loader=FileSystemLoader(folders),
        auto_reload=False,  # templates change with a release, not under a running server
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.gettext = tongue.gettext
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the i18n extension adds it at run time
        tongue.gettext, tongue.ngettext, newstyle=True
    )
    environment.constant = {"asset": asset, "icon": icon}
    environment.facts = {"tongue": tongue}
    said = saying(tongue.gettext)
    environment.globals.update(tongue=tongue, languages=LANGUAGES, _=said, **environment.constant)
    environment.filters.update(
        own=lambda value: tongue.choose(value.ar, value.fr) if value else "",
        day=tongue.date,
        moment=tongue.moment,
        look=look,
        ltr=ltr,
    )
    return environment


def asset(name: str) -> str:
    """The address of a static file. Browsers ask again each time (one LAN away) whether it changed."""
    return f"/static/{name}"


@cache
def icon(name: str, flip: bool = False) -> Markup:
    """A picture of the sprite beside words that say the same; `flip` turns it round where one reads right to left."""
    return Markup('<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
        " flip" if flip else "", asset("icons.svg"), name
    )


def hidden(page: Mapping[str, Any], again: str = "") -> Markup:
    """The hidden fields of every form of a page: its session's token, and the command's id; `again`: that of a refused
    form."""
    token, command = escape(page["csrf"]), escape(again or page["command"]())
    return Markup(  # noqa: S704 - both are escaped; Markup.format would cost as much as a small page
        f'<input type="hidden" name="csrf" value="{token}"><input type="hidden" name="command" value="{command}">'
    )


def ltr(text: object) -> Markup:
    """Isolate a reference, CNIE, phone number or time left to right inside any text."""
    return Markup(f'<bdi dir="ltr">{escape(text)}</bdi>')  # noqa: S704 - escaped; Markup.format costs ten times that


def _standing_of(request: web.Request) -> Standing:
    """Where a request stands; found once a request."""
    try:
        return request[STANDING]
    except KeyError:
        found = request[STANDING] = _stand(request)
        return found


def _stand(request: web.Request) -> Standing:
    site = request.app[SITE]
    first = request.path.lstrip("/").split("/", 1)[0]
    sitting = site.areas.get(first) or site.areas.get("")
    area = sitting or next(iter(site.areas.values()))
    code = cookies.sent(request).get(LANGUAGE_COOKIE, DEFAULT)
    return Standing(sitting, area, site.languages[code if code in area.languages else DEFAULT])


def sitting_area(request: web.Request) -> Area | None:
    """The area whose session a request's path belongs to; None for paths without sessions."""
    return _standing_of(request).sitting


def area_of(request: web.Request) -> Area:
    """The area whose layout and languages a request gets."""
    return _standing_of(request).area


def session_of(request: web.Request) -> Session:
    """The session of this request. Raises CallerError on a path without sessions."""
    try:
        return request[SESSION]
    except KeyError as error:
        raise CallerError("this path has no session: put the route under an area") from error


def tongue_of(request: web.Request) -> Tongue:
    """The language that this person chose, Arabic otherwise; one that the area does not offer falls back too."""
    return _standing_of(request).tongue


def again(request: web.Request) -> str:
    """Where this page can be asked for again, with its search; the area's first page where it only answers forms."""
    return request.path_qs if request.method == "GET" or _can_be_read(request) else area_of(request).home


def _can_be_read(request: web.Request) -> bool:
    resource = request.match_info.route.resource
    if resource is None:
        return True
    same = (one for one in request.app.router.resources() if one.canonical == resource.canonical)
    return any(route.method in ("GET", "*") for one in same for route in one)


def render(request: web.Request, template: str, status: int = 200, **context: Any) -> web.Response:
    """Render `template` (a path below one of the folders) as a whole page or fragment."""
    text = rendered(request, template, context)
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")


def rendered(request: web.Request, template: str, context: Mapping[str, Any]) -> str:
    """The text of `template`, for who reads it; `context` goes before what every template knows."""
    site = request.app[SITE]
    area = area_of(request)
    session = request.get(SESSION)
    page: dict[str, Any] = {
        "area": area,
        "offered": [LANGUAGES[code] for code in area.languages],
        "here": request.path,
        "again": again(request),
        "session": session,
        "csrf": session.csrf if session else "",
        "principal": session.principal if session else None,
        "command": lambda: fresh_command(request),
        "layout": area.layout,
        **site.context(request),
        **context,
    }
    page["hidden"] = partial(hidden, page)
    return site.environments[tongue_of(request).code].get_template(template).render(page)


def fresh_command(request: web.Request) -> str:
    """A new command id, as forms carry it."""
    return request.app[SITE].drawn.take(COMMAND_SIZE).hex()


async def switch_language(request: web.Request) -> web.StreamResponse:
    """GET /lang/{code}?next=/path: remember the language and go back to a path of this site."""
    code = request.match_info["code"]
    if not request.app[SITE].languages.known(code):
        raise web.HTTPNotFound
    response = web.HTTPSeeOther(own_path(request.query.get("next", "")) or "/")
    response.set_cookie(LANGUAGE_COOKIE, code, max_age=LANGUAGE_KEPT, httponly=True, samesite="Strict", path="/")
    raise response


def own_path(text: str) -> str | None:
    """Return `text` if it is a path of this site, else None: nobody is sent elsewhere by a crafted link."""
    plain = text.isascii() and text.isprintable() and "\\" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else None
