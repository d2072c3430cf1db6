"""What the prefecture's server renews with the issuer that the root gave it, and what the annexes believe of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from central.centre import Centre
from central.commands import main
from central.installation import open_installation
from central.issuer import Issuer, held_issuer
from central.renewing import DAY_MS, RENEWED_MS, renew_due
from central.store.machines import KnownMachine, note_machine
from edge.store.feeds import accept
from protocol.records.credentials import Credential, Trust, issue
from protocol.records.keys import SigningKey
from provisioning.commands import main as provision
from tests.central.provisioned import provision as provisioned
from tests.central.support import PREFECTURE, open_centre
from tests.edge.store.support import ANNEXE, Clock, store_in
from tests.protocol.sync.support import NOW, YEAR, seed

KEY = SigningKey(seed("server issuer"))


def issuer(kinds: tuple[str, ...] = ("annexe",), until: int = NOW + YEAR, area: str = "berkane") -> Issuer:
    credential = issue(
        kind="issuer",
        holder="berkane",
        public=KEY.public,
        sealing=None,
        area=area,
        rights=kinds,
        role="",
        epoch=1,
        not_before=NOW,
        not_after=until,
        signing=SigningKey(seed("root")),
    )
    return Issuer(KEY, credential)


@asynccontextmanager
async def admitted(folder: Path, *credentials: Credential) -> AsyncIterator[Centre]:
    centre = await open_centre(folder, clock=Clock(NOW))
    try:
        identity = PREFECTURE.identity("centre", "prefecture")
        await centre.publish_credentials([*reversed(identity.chain), *credentials, issuer().credential])
        yield centre
    finally:
        await centre.close()


def ending(days: int = 30, name: str = "", epoch: int = 1) -> Credential:
    return PREFECTURE.credential("annexe", ANNEXE, name, until=NOW + days * DAY_MS, epoch=epoch)


async def test_what_ends_soon_is_renewed_once_and_the_annexe_learns_it_by_its_feed(tmp_path: Path) -> None:
    old = ending()
    async with admitted(tmp_path / "centre", old) as centre, store_in(tmp_path / "edge") as store:
        trust = Trust([PREFECTURE.root])
        await accept(store, ANNEXE, await centre.feeds.snapshot(), trust)
        assert trust.signer(old.id) == old
        (new,) = await renew_due(centre, issuer())
        assert await renew_due(centre, issuer()) == []
        await accept(store, ANNEXE, await centre.feeds.snapshot(), trust)
        assert trust.signer(old.id) == centre.trust.signer(old.id) == new
        assert (new.public, new.epoch, new.not_before) == (old.public, old.epoch, old.not_before)
        assert new.not_after == issuer().credential.not_after
        assert not trust.standing(new, old.not_after + 1).expired


@pytest.mark.parametrize(
    ("held", "days"),
    [
        (issuer(("centre",)), 30),
        (issuer(area="berkane/nord"), 30),
        (issuer(until=NOW + 40 * DAY_MS), 30),
        (issuer(), RENEWED_MS // DAY_MS + 1),
    ],
)
async def test_what_is_not_its_own_or_not_due_is_left(tmp_path: Path, held: Issuer, days: int) -> None:
    async with admitted(tmp_path, ending(days)) as centre:
        assert await renew_due(centre, held) == []


async def test_who_was_superseded_or_revoked_fades_out(tmp_path: Path) -> None:
    first, second, lost = ending(), ending(name="standby", epoch=2), ending(name="lost", epoch=3)
    async with admitted(tmp_path, first, second, lost) as centre:
        centre.trust.revoke(lost.id)
        async with centre.store.database.write() as connection:
            await note_machine(
                centre.store.database, connection, ANNEXE, second, NOW,
                known=KnownMachine(second.id, 2, NOW, None), is_contact=True,
            )  # fmt: skip
        assert [one.id for one in await renew_due(centre, issuer())] == [second.id]


def test_the_server_keeps_the_issuer_that_the_root_made_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    it = provisioned(tmp_path)
    authority, file, data = tmp_path / "authority", tmp_path / "server.issuer", str(tmp_path / "prefecture")
    words = ["authority", "centre-issuer", "--authority", str(authority), "--out", str(file)]
    assert provision([*words, "--passphrase-file", str(authority / "passphrase.demo")]) == 0
    assert main(["install", "--data", data, str(it.seed)]) == 0
    assert main(["issuer", "renew", "--data", data]) == 1
    assert "issuer install" in capsys.readouterr().err
    assert main(["issuer", "install", "--data", data, str(file)]) == 0
    assert "annexe, centre" in capsys.readouterr().out
    assert main(["issuer", "renew", "--data", data, "--dry-run"]) == 0
    assert "0 would be renewed" in capsys.readouterr().out
    held = held_issuer(open_installation(Path(data)))
    assert held is not None
    assert held.credential.rights == ("annexe", "centre")
    assert held.signing.seed not in (Path(data) / "issuer.sealed").read_bytes()


def test_an_issuer_of_another_prefecture_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    it, other = provisioned(tmp_path / "it"), tmp_path / "other"
    assert provision(["authority", "init", "--demo", "--out", str(other)]) == 0
    words = ["authority", "centre-issuer", "--authority", str(other), "--out", str(tmp_path / "server.issuer")]
    assert provision([*words, "--passphrase-file", str(other / "passphrase.demo")]) == 0
    data = str(tmp_path / "prefecture")
    assert main(["install", "--data", data, str(it.seed)]) == 0
    assert main(["issuer", "install", "--data", data, str(tmp_path / "server.issuer")]) == 1
    assert "issuer is not known here" in capsys.readouterr().err
    assert not (Path(data) / "issuer.sealed").exists()
