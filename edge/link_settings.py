"""How the annexe reaches its prefecture, as its network demands: read from `link.toml` in the data folder.

    proxy = "http://10.0.0.1:3128"          through the network's HTTP proxy (CONNECT)
    proxy-credentials = "proxy.credentials" a file with one line, name:password, that only the service can read
    certificate-sha256 = "9f86d081..."      the prefecture's TLS certificate, and no other
    caps = ["08:00-16:00 4 KiB/s"]          bytes a second each way, by the hour

`docs/link.md` has every setting. Nothing is needed: without the file the prefecture is dialled as the seed says.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from edge.sync.caps import Cap, CapRefused, parse_cap
from edge.sync.link import Proxy
from protocol.errors import OperatorError

SETTINGS = "link.toml"
"""The settings' file in the annexe's data folder."""

MAX_CREDENTIALS = 1024
"""Bytes of a name and a password: more is another file, chosen by mistake."""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    proxy: str = ""
    proxy_credentials: str = ""
    certificate_sha256: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""
    caps: list[str] = []


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """What the file says, checked."""

    proxy: Proxy | None = None
    pin: bytes | None = None
    caps: tuple[Cap, ...] = ()

    def require_reachable(self, url: str) -> None:
        """Refuse, as an OperatorError, what cannot work with the prefecture's address."""
        if urlsplit(url).scheme in ("https", "wss"):
            return
        if self.proxy is not None:
            raise OperatorError(
                f"A proxy carries the link to an https address alone, and the prefecture's is {url}: give its https "
                "address with --centre-url, or take the proxy out of the link's settings."
            )
        if self.pin is not None:
            raise OperatorError(
                f"The link's settings name a TLS certificate, and the prefecture's address {url} has no TLS: give its "
                "https address with --centre-url."
            )


def read_link(asked: str, folder: Path) -> LinkSettings:
    """Return the settings of a file, or by "" of the one in the data folder, if any; OperatorError says what is wrong.

    A relative path of credentials is one in the folder of the file.
    """
    path = Path(asked) if asked else folder / SETTINGS
    if not asked and not path.exists():
        return LinkSettings()
    try:
        said = msgspec.toml.decode(path.read_bytes(), type=_File)
        caps = tuple(parse_cap(line) for line in said.caps)
    except OSError as error:
        raise OperatorError(f"The link's settings {path} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, CapRefused) as error:
        raise OperatorError(f"The link's settings {path} are wrong: {error} docs/link.md has all of them.") from error
    return LinkSettings(_proxy(said, path), bytes.fromhex(said.certificate_sha256) or None, caps)


def _proxy(said: _File, path: Path) -> Proxy | None:
    if not said.proxy:
        if said.proxy_credentials:
            raise OperatorError(f"The link's settings {path} name credentials and no proxy: add it, or take them out.")
        return None
    parts = urlsplit(said.proxy)
    if parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/"):
        raise OperatorError(f'The proxy in {path} is no address: write for example proxy = "http://10.0.0.1:3128".')
    if parts.username or parts.password:
        raise OperatorError(f"The proxy in {path} carries a password: name a file that holds it in proxy-credentials.")
    if not said.proxy_credentials:
        return Proxy(said.proxy)
    return Proxy(said.proxy, *_credentials(path.parent / said.proxy_credentials))


def _credentials(path: Path) -> tuple[str, str]:
    try:
        if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
            raise OperatorError(f"The proxy's credentials {path} can be read by others: chmod 600 {path}.")
        text = path.read_bytes()[: MAX_CREDENTIALS + 1].decode()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"The proxy's credentials {path} cannot be read: {type(error).__name__}.") from error
    login, colon, password = text.strip().partition(":")
    if not (login and colon) or "\n" in password or len(text) > MAX_CREDENTIALS:
        raise OperatorError(f"The proxy's credentials {path} should be one line, name:password.")
    return login, password
