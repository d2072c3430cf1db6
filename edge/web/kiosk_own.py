"""A citizen's own request at the kiosk, or his child's, as every page about it opens it; another's does not exist."""

from __future__ import annotations

from aiohttp import web

from edge.services import own_account
from edge.services.requests import Dossier
from edge.web import signed_in
from edge.web.kiosk_page import leaves_by_itself
from protocol.errors import PersonError
from protocol.office.events import Language
from protocol.records.hashing import subject_from_text
from protocol.records.refusals import NotASubject
from screens.pages import tongue_of


async def own_dossier(request: web.Request) -> Dossier:
    """The request of this address, if it is this citizen's or his child's; PersonError 404 otherwise."""
    try:
        case = subject_from_text(request.match_info["case"])
    except NotASubject as error:
        raise PersonError(own_account.NOT_YOURS, status=404) from error
    return await own_account.own_dossier(signed_in.office_of(request), signed_in.citizen_of(request).account, case)


def language_of(request: web.Request) -> Language:
    """The language of papers made for this screen: ar or fr."""
    return tongue_of(request).content


def paper(request: web.Request, pdf: bytes, name: str) -> web.Response:
    """A paper, to be read and printed; its file name tells nothing of the person.

    A browser shows it without our scripts: it leaves by itself when an idle session ends, and ends the session with it.
    """
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Refresh": leaves_by_itself(request)}
    return web.Response(body=pdf, content_type="application/pdf", headers=headers)
