"""Forms: what was typed, what was wrong with it, and the id of the command that it carries."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.web_request import FileField
from multidict import MultiDictProxy

from protocol.errors import N_, PersonError

COMMAND = re.compile(r"[0-9a-f]{32}\Z")
COMMAND_SIZE = 16
"""Bytes of a command's id, drawn anew for each form."""

LONGEST = 2_000
"""Characters of one field that are given back to be mended: no field of ours is longer; the rest of a flood is cut."""

NOT_UNDERSTOOD = N_("What was sent could not be understood. Go back, and try once more.")


@dataclass(slots=True)
class Form:
    """Values by field name and errors by field name (already in the person's language); "" is about no field."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """What was typed in a field, or nothing."""
        return self.values.get(name, "")

    def error(self, name: str) -> str:
        """What was wrong with a field, or nothing."""
        return self.errors.get(name, "")

    def forget(self, names: Collection[str]) -> None:
        """Drop the values that must never be given back, such as a PIN."""
        for name in names:
            self.values.pop(name, None)


async def read_posted(request: web.Request) -> MultiDictProxy[str | bytes | bytearray | FileField]:
    """Return what was posted. Raises PersonError (400) for bytes that are no form.

    aiohttp leaves what its decoders raise as it is: another character set than the bytes are in or than there is
    (ValueError, LookupError), parts without end, name or a known encoding (ValueError, RuntimeError), parts whose
    headers are none (BadHttpMessage), a broken compression (RequestPayloadError).
    """
    try:
        return await request.post()
    except (LookupError, ValueError, RuntimeError, BadHttpMessage, web.RequestPayloadError) as error:
        raise PersonError(NOT_UNDERSTOOD, status=400) from error


async def read_form(request: web.Request) -> dict[str, str]:
    """Return the posted text fields, stripped; files are ignored. Of a repeated name the last counts."""
    posted = await read_posted(request)
    return {name: value.strip()[:LONGEST] for name, value in posted.items() if isinstance(value, str)}


def command_of(values: Mapping[str, str]) -> bytes:
    """Return the form's command id (16 bytes). Raises PersonError (422) when it has none of ours."""
    text = values.get("command", "")
    if not COMMAND.match(text):
        raise PersonError(N_("This form is not complete. Go back, open it again and send it once more."))
    return bytes.fromhex(text)
