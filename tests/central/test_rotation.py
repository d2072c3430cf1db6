"""Roots that follow each other, on appliances that were offline all the while: real commands, stores and sessions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from central.centre import Centre
from central.commands import main as central
from central.installation import open_installation
from central.opening import opened_centre
from edge.store.feeds import accept
from edge.store.store import Store
from protocol.office.seed import Seed, parse_seed
from protocol.records.credentials import Credential, Trust, parse_credential
from protocol.records.encoding import decode
from protocol.records.keys import OpeningKey, SigningKey
from protocol.records.refusals import CredentialRefused
from protocol.sync.events import Authenticated
from protocol.sync.hello import LocalIdentity
from protocol.sync.session import Session
from provisioning.commands import main as provision
from tests.central.provisioned import now_ms
from tests.central.provisioned import provision as provisioned
from tests.edge.store.support import Chance, store_in

ADDRESSES = ("--centre-url", "http://localhost:1", "--verify-url", "http://localhost:1/verify")
DESCRIBED = (
    "--prefix", "B06", "--name-fr", "Annexe 6", "--name-ar", "الملحقة السادسة", "--town-fr", "Berkane",
    "--town-ar", "بركان", "--province-fr", "Berkane", "--province-ar", "بركان",
)  # fmt: skip


class Prefecture:
    """Its IT's folder, and its server's."""

    def __init__(self, folder: Path) -> None:
        provisioned(folder)
        self.folder, self.authority, self.data = folder, folder / "authority", folder / "prefecture"
        self.centre = folder / "centre.credential"
        self.server("install", folder / "centre.seed")
        self.server("annexe", "admit", folder / "berkane-05.credential")

    def it(self, *words: object) -> None:
        assert provision([str(word) for word in words]) == 0

    def server(self, *words: object) -> None:
        name = [str(word) for word in words[: 2 if words[0] in {"annexe", "credentials"} else 1]]
        rest = [str(word) for word in words[len(name) :]]
        assert central([*name, "--data", str(self.data), *rest]) == 0

    def seed(self, annexe: str) -> Seed:
        out, keys = self.folder / f"{annexe}.seed", self.folder / f"{annexe}.keys"
        snapshot = self.folder / f"{annexe}.snapshot"
        self.server("snapshot", "--out", snapshot)
        self.it(
            "seed", "--authority", self.authority, "--annexe", keys, "--centre", self.centre, *ADDRESSES,
            "--snapshot", snapshot, "--out", out,
        )  # fmt: skip
        return parse_seed(out.read_bytes())

    def change_roots(self) -> Credential:
        """A new root follows, and what the server shows stands on it; returns the root's own credential."""
        passphrase = self.authority / "passphrase.demo"
        self.it("authority", "rotate", "--authority", self.authority, "--passphrase-file", passphrase)
        root = parse_credential((self.authority / "root.credential").read_bytes())
        after = self.folder / f"centre-{root.id.hex()}.credential"
        self.it("authority", "vouch", "--authority", self.authority, self.centre, "--out", after)
        bridge = self.authority / f"root-{root.id.hex()[:8]}.bridge.credential"
        self.server("credentials", "publish", after, bridge, self.authority / "issuer.credential")
        self.centre = after
        return root

    def new_annexe(self) -> Seed:
        keys = self.folder / "berkane-06.keys"
        self.it("annexe", "--authority", self.authority, "--id", "berkane-06", *DESCRIBED, "--out", keys)
        self.server("annexe", "admit", keys.with_suffix(".credential"))
        return self.seed("berkane-06")

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Centre]:
        async with opened_centre(open_installation(self.data), now_ms, Chance("centre")) as centre:
            yield centre


def trust_in(seed: Seed) -> Trust:
    trust = Trust([parse_credential(seed.root)])
    trust.add_all(parse_credential(one) for one in (seed.credential, seed.centre, seed.issuer))
    return trust


async def trust_after_a_restart(seed: Seed, store: Store) -> Trust:
    trust = trust_in(seed)
    async with store.reading() as reader:
        for one in await reader.credentials():
            try:
                trust.add(one)
            except CredentialRefused:
                continue  # on a root from before this annexe's
    return trust


def meets(seed: Seed, trust: Trust, centre: Centre) -> Credential:
    """The prefecture as the annexe believes it to be, once each has proved who it is."""
    signing, chance = SigningKey(seed.signing_seed), Chance(seed.annexe_id)
    chain = (parse_credential(seed.credential), parse_credential(seed.issuer))
    edge = Session("edge", LocalIdentity(signing, chain, "test", OpeningKey(seed.opening_seed)), trust, chance(32))
    served = Session("centre", centre.identity, centre.trust, chance(32))
    served.receive(edge.hello, now_ms())
    (welcome,) = served.outgoing()
    met = [one for one in edge.receive(welcome, now_ms()) if isinstance(one, Authenticated)]
    proof = [event for frame in edge.outgoing() for event in served.receive(frame, now_ms())]
    assert any(isinstance(one, Authenticated) for one in proof)
    return met[0].peer


def test_an_appliance_that_slept_through_two_changes_of_roots_works_on(tmp_path: Path) -> None:
    prefecture = Prefecture(tmp_path)
    old = prefecture.seed("berkane-05")
    roots = [prefecture.change_roots(), prefecture.change_roots()]
    new = prefecture.new_annexe()

    async def story() -> None:
        trust = trust_in(old)
        async with prefecture.serving() as centre, store_in(tmp_path / "store") as store:
            assert len(centre.identity.chain) == 4
            met = meets(old, trust, centre)
            assert met.encoded() == prefecture.centre.read_bytes()
            await accept(store, old.annexe_id, await centre.feeds.snapshot(), trust)
            for held in (trust, await trust_after_a_restart(old, store)):
                assert [held.signer(one.id) is not None for one in roots] == [True, True]
                assert held.signer(parse_credential(new.credential).id) == parse_credential(new.credential)
                assert meets(old, held, centre) == met

    asyncio.run(story())


def test_an_annexe_that_begins_after_a_change_of_roots_reads_what_was_published_before(tmp_path: Path) -> None:
    prefecture = Prefecture(tmp_path)
    first = parse_credential((prefecture.authority / "root.credential").read_bytes())
    prefecture.change_roots()
    new = prefecture.new_annexe()

    async def story() -> None:
        trust = trust_in(new)
        async with prefecture.serving() as centre, store_in(tmp_path / "store") as store:
            assert (await accept(store, new.annexe_id, new.snapshot, trust)).stored == len(new.snapshot)
            for held in (trust, await trust_after_a_restart(new, store)):
                assert meets(new, held, centre).encoded() == prefecture.centre.read_bytes()
                assert held.signer(first.id) is None

    asyncio.run(story())


def test_each_root_is_kept_and_the_passphrase_opens_the_new_one(tmp_path: Path) -> None:
    prefecture = Prefecture(tmp_path)
    prefecture.change_roots()
    kept = sorted(path.name for path in (prefecture.authority / "offline").iterdir())
    assert len(kept) == 2
    sheet = ("sheet", "--authority", prefecture.authority, "--out", tmp_path / "sheet.html")
    prefecture.it("authority", *sheet, "--passphrase-file", prefecture.authority / "passphrase.demo")
    assert isinstance(decode((prefecture.authority / "offline" / "roots.sealed").read_bytes()), list)
