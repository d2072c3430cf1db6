"""A whole appliance behind TLS: what its screens answer, what is refused, and what a start says that cannot be."""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import sys
import time
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from edge.appliance import ApplianceSettings, serving
from edge.commands import main as edge
from edge.installation import Installation, install, open_installation, renew
from edge.networks import EVERYWHERE
from edge.sync.answers import NoLine, Refused
from edge.sync.link import Dialler
from edge.tls.trusting import trusting
from protocol.errors import OperatorError
from protocol.office.lan import LanAuthority
from protocol.office.seed import Seed, parse_seed, seed_bytes
from protocol.records.keys import SigningKey
from provisioning.files import read_private_values
from tests.edge.support import ADDRESSES, made_seed, typed
from tests.edge.sync.support import loopback
from tests.edge.sync.tls import server_tls
from tests.edge.tls.support import HOST, Here, networks
from tests.lan import lan


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return install(tmp_path / "annexe", made_seed(tmp_path).read_bytes(), os.urandom)


def now() -> int:
    return time.time_ns() // 1_000_000


def free_port() -> int:
    with loopback() as free:
        port: int = free.getsockname()[1]
    return port


def trusted(installation: Installation) -> ssl.SSLContext:
    return trusting(LanAuthority.from_value(installation.seed.lan))


def visitor(context: ssl.SSLContext | bool) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(resolver=Here(), ssl=context)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


async def test_the_screens_answer_by_tls_1_3_alone_with_no_cookie_that_leaves_it(installation: Installation) -> None:
    port, install_port = free_port(), free_port()
    settings = ApplianceSettings(port=port, install_port=install_port, uplink=False)
    async with serving(installation, settings, now, os.urandom) as office, visitor(trusted(installation)) as browser:
        origin = office.annexe.origin
        assert origin == f"https://{HOST}:{port}"
        for path in ("/pair", "/lang/fr?next=/pair"):
            async with browser.get(origin + path, allow_redirects=False) as answer:
                assert answer.headers["Strict-Transport-Security"] == "max-age=15552000"
                cookies = answer.headers.getall("Set-Cookie")
                assert cookies
                for cookie in cookies:
                    assert {"secure", "httponly", "samesite=strict"} <= set(cookie.lower().split("; "))
        async with browser.get(f"{origin}/metrics") as answer:
            figures = await answer.text()
        assert re.search(r"^mulhaqa_edge_certificate_not_renewed 0", figures, re.MULTILINE)
        assert "mulhaqa_edge_certificate_end_timestamp_seconds" in figures
        with pytest.raises(aiohttp.ClientConnectionError):
            await browser.get(f"http://{HOST}:{port}/kiosk")
        older = trusted(installation)
        older.minimum_version = older.maximum_version = ssl.TLSVersion.TLSv1_2
        for refused in (True, older, networks(prefecture="another").trusting):
            async with visitor(refused) as stranger:
                with pytest.raises(aiohttp.ClientConnectorError):
                    await stranger.get(f"{origin}/kiosk")


async def test_on_loopback_plain_http_drops_secure_and_nothing_else(installation: Installation) -> None:
    settings = ApplianceSettings(port=free_port(), plain=True, uplink=False)
    async with serving(installation, settings, now, os.urandom) as office, visitor(True) as browser:
        assert office.certificate() is None
        async with browser.get(f"{office.annexe.origin}/pair") as answer:
            assert "Strict-Transport-Security" not in answer.headers
            attributes = set(answer.headers["Set-Cookie"].lower().split("; "))
        assert "secure" not in attributes
        assert {"httponly", "samesite=strict"} <= attributes


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (ApplianceSettings(host=EVERYWHERE, plain=True), "this machine alone"),
        (ApplianceSettings(origin="https://example.org"), "choose https://"),
        (ApplianceSettings(origin=f"http://{HOST}"), "choose https://"),
        (ApplianceSettings(follow="http://10.0.0.1", plain=True), "first appliance"),
    ],
)
async def test_what_would_be_served_in_the_clear_or_by_another_name_stops_the_start(
    installation: Installation, settings: ApplianceSettings, why: str
) -> None:
    with pytest.raises(OperatorError, match=why):
        async with serving(installation, replace(settings, uplink=False), now, os.urandom):
            pass


def of_before(folder: Path) -> bytes:
    """The seed of the annexe as a release without HTTPS made it."""
    seed: Seed = replace(parse_seed((folder / "berkane-05.seed").read_bytes()), lan=None)
    issuer = read_private_values(folder / "authority" / "issuer.key", {"issuer"})["issuer"]
    assert isinstance(issuer, bytes)
    return seed_bytes(seed, SigningKey(issuer))


async def test_an_appliance_of_before_says_what_to_do_and_a_newer_seed_mends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made_seed(tmp_path)
    data, newer = tmp_path / "annexe", tmp_path / "newer.seed"
    old = install(data, of_before(tmp_path), os.urandom)
    settings = ApplianceSettings(port=free_port(), uplink=False)
    with pytest.raises(OperatorError, match="mulhaqa-edge renew"):
        async with serving(old, settings, now, os.urandom):
            pass
    keys = tmp_path / "berkane-05.keys"
    before = parse_seed((tmp_path / "berkane-05.seed").read_bytes()).lan
    typed(["lan", "--authority", tmp_path / "authority", "--annexe", keys])
    typed([
        "seed", "--authority", tmp_path / "authority", "--annexe", keys, *ADDRESSES,
        "--centre", tmp_path / "centre.credential", "--out", newer,
    ])  # fmt: skip
    assert await asyncio.to_thread(edge, ["renew", "--data", str(data), str(newer)]) == 0
    assert "start the appliance again" in capsys.readouterr().out
    renewed = open_installation(data)
    assert renewed.seed.lan not in (None, before)
    assert (renewed.seed.signing_seed, renewed.seed.seals) == (old.seed.signing_seed, old.seed.seals)
    async with serving(renewed, settings, now, os.urandom) as office, visitor(trusted(renewed)) as browser:
        assert (await browser.get(f"{office.annexe.origin}/health")).status == 200


def test_a_machine_takes_no_seed_of_another(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = made_seed(tmp_path / "other")
    with pytest.raises(OperatorError, match="another machine"):
        renew(installation, other.read_bytes())
    assert open_installation(installation.folder).seed == installation.seed


async def test_a_line_that_shows_another_certificate_gets_no_byte(tmp_path: Path) -> None:
    """The uplink with its pin, and the mirror with the root of the networks."""
    heard = list[bytes]()

    async def false(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        writer.close()

    shown, other = server_tls(tmp_path, "false"), server_tls(tmp_path, "prefecture")
    server = await asyncio.start_server(false, "127.0.0.1", 0, ssl=shown.context)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/uplink"
    for dialler in (Dialler(url, pin=other.fingerprint), Dialler(url, trust=networks().trusting), Dialler(url)):
        with pytest.raises(NoLine) as refused:
            async with dialler.dial(b"hello"):
                pass
        assert not isinstance(refused.value, Refused)
    server.close()
    assert b"".join(heard) == b""


async def test_on_its_network_an_address_that_changes_is_certified_without_a_restart(
    installation: Installation,
) -> None:
    async with lan("annexe", "visitor") as (annexe, visitor):
        settings = ApplianceSettings(host=EVERYWHERE, port=8443, install_port=80, uplink=False, announce=False)
        with annexe.inside():
            async with serving(installation, settings, now, os.urandom) as office:

                async def dialled(context: ssl.SSLContext | None) -> None:
                    with visitor.inside():
                        async with Dialler(f"https://{annexe.address}:8443/mirror", trust=context).dial(b"no hello"):
                            pass

                with pytest.raises(Refused):  # TLS held, and the hello was judged
                    await dialled(trusted(installation))
                annexe.readdress("10.213.7.77")
                with office.announcer.subscribe(["devices"]) as heard:
                    while (state := office.certificate()) is None or annexe.address not in state.names:
                        await heard.next()
                assert state.install == "http://10.213.7.77/install"
                with pytest.raises(Refused):
                    await dialled(trusted(installation))
                with pytest.raises(NoLine) as unknown:
                    await dialled(None)
                assert not isinstance(unknown.value, Refused)


async def test_a_standby_follows_the_annexe_by_https_and_by_the_networks_root_alone(
    installation: Installation, tmp_path: Path
) -> None:
    data = standby_of(tmp_path)
    settings = ApplianceSettings(host=EVERYWHERE, port=8443, uplink=False, announce=False)
    async with lan("annexe", "standby") as (annexe, standby):
        with annexe.inside():
            async with serving(installation, settings, now, os.urandom) as office:
                assert office.mirror is not None
                with office.announcer.subscribe(["sync"]) as heard:
                    follow = ("--follow", f"https://{annexe.address}:8443", "--no-announce", "--no-uplink")
                    run = (sys.executable, "-m", "edge", "run", "--data", str(data), "--plain-http", "--port", "8081")
                    await asyncio.to_thread(standby.start, *run, *follow, ready="appliance.serving")
                    async with asyncio.timeout(60):
                        while not office.mirror.state.attached:
                            await heard.next()


def standby_of(folder: Path) -> Path:
    """Install a standby of the annexe whose authority and keys are in `folder`; returns its data folder."""
    keys, seed, data = folder / "standby.keys", folder / "standby.seed", folder / "standby"
    typed(["standby", "--authority", folder / "authority", "--annexe", folder / "berkane-05.keys", "--out", keys])
    typed([
        "seed", "--authority", folder / "authority", "--annexe", keys, *ADDRESSES,
        "--centre", folder / "centre.credential", "--out", seed,
    ])  # fmt: skip
    install(data, seed.read_bytes(), os.urandom)
    return data
