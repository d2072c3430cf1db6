"""What is served without TLS: the root for tablets, the way to the screens, and nothing else."""

from __future__ import annotations

import asyncio
import plistlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp.test_utils import TestClient, TestServer

from edge.services.office import AnnexeProfile
from edge.web import install
from tests.edge.tls.support import HOST, networks
from tests.edge.web.support import Clock, Visitor, entropy_from

ROOT = networks().appliance.root
ORIGIN = f"https://{HOST}"
ANNEXE = AnnexeProfile(
    id="berkane-05", prefix="B05", name_ar="الملحقة الخامسة", name_fr="Annexe 5", town_ar="بركان", town_fr="Berkane",
    province_ar="بركان", province_fr="Berkane", origin=ORIGIN, verify_url="https://verify.example",
)  # fmt: skip


@asynccontextmanager
async def tablet() -> AsyncIterator[Visitor]:
    app = install.build(ANNEXE, ROOT, Clock(), entropy_from("install"))
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_the_page_says_in_both_languages_how_to_install_the_root_and_what_to_compare() -> None:
    async with tablet() as client:
        for path, word in (("/install", "البصمة"), ("/install/fr", "Tablette ou téléphone Android")):
            answer = await client.get(path)
            text = await answer.text()
            assert answer.status == 200
            assert word in text
            assert install.grouped(install.fingerprint_of(ROOT)) in text
            assert "Set-Cookie" not in answer.headers


async def test_the_root_is_given_as_each_kind_of_device_takes_it() -> None:
    async with tablet() as client:
        android = await client.get("/install/mulhaqa.crt")
        assert android.headers["Content-Type"] == "application/x-x509-ca-cert"
        assert ssl.PEM_cert_to_DER_cert(await android.text()) == ROOT
        apple = await client.get("/install/mulhaqa.mobileconfig")
        assert apple.headers["Content-Type"] == "application/x-apple-aspen-config"
        profile = plistlib.loads(await apple.read())
        assert profile["PayloadContent"][0]["PayloadType"] == "com.apple.security.root"
        assert profile["PayloadContent"][0]["PayloadContent"] == ROOT
        assert profile["PayloadOrganization"] == "Province de Berkane"
    assert install.profile(ROOT) == install.profile(ROOT)
    other = plistlib.loads(install.profile(networks(prefecture="another").appliance.root))
    assert other["PayloadUUID"] != profile["PayloadUUID"]


@pytest.mark.parametrize("path", ["/", "/kiosk/follow/B05-7K3MQ-2X9RT?a=b", "/lang/fr", "/metrics", "/mirror"])
@pytest.mark.parametrize("host", [HOST, "evil.example", "berkane-05.local"])
async def test_whatever_else_is_asked_for_is_sent_to_the_canonical_origin(path: str, host: str) -> None:
    async with tablet() as client:
        answer = await client.get(path, headers={"Host": host}, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (307, ORIGIN + path)
        assert {"Set-Cookie", "Strict-Transport-Security"}.isdisjoint(answer.headers)


@pytest.mark.parametrize(
    "target",
    ["//evil.example/x", "http://evil.example/", "@evil.example/", ".evil.example/", "/\\evil.example", "/%0d%0aX:y"],
)
async def test_no_request_leads_anybody_elsewhere(target: str) -> None:
    async with tablet() as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(f"GET {target} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".encode())
        head = (await reader.read()).decode().partition("\r\n\r\n")[0]
        writer.close()
    locations = [line.partition(": ")[2] for line in head.splitlines() if line.lower().startswith("location")]
    assert all(one.startswith(f"{ORIGIN}/") for one in locations)
    assert "\nX:" not in head


async def test_a_form_is_refused_and_not_forwarded() -> None:
    async with tablet() as client:
        answer = await client.post("/kiosk/sign-in", data={"pin": "1234"}, allow_redirects=False)
        assert answer.status == 405
        assert "Location" not in answer.headers
