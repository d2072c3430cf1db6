"""`mulhaqa-provision`, as prefecture IT types it, and what the machines then read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509

from protocol.office.seals import SealKeys
from protocol.office.seed import StandbySeed, parse_centre_seed, parse_seed
from protocol.records.credentials import Trust, parse_credential
from protocol.records.encoding import encode
from protocol.records.keys import OpeningKey, SigningKey
from provisioning.commands import main

Provision = Callable[..., int]

BERKANE = {
    "--id": "berkane-05", "--prefix": "B05", "--name-fr": "Annexe 5", "--name-ar": "الملحقة الخامسة",
    "--town-fr": "Berkane", "--town-ar": "بركان",
    "--province-fr": "Berkane", "--province-ar": "بركان",
}  # fmt: skip
ADDRESSES = ("--centre-url", "http://localhost:8081", "--verify-url", "http://localhost:8081/verify")


@pytest.fixture
def it(tmp_path: Path) -> Path:
    """The folder of a prefecture's IT that made everything for one annexe."""
    assert main(["authority", "init", "--demo", "--out", str(tmp_path / "authority")]) == 0
    assert main(["centre", "--authority", str(tmp_path / "authority"), "--out", str(tmp_path / "centre.seed")]) == 0
    assert annexe(tmp_path) == 0
    return tmp_path


def annexe(folder: Path, *more: str, **changes: str) -> int:
    options = BERKANE | {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
    words = [word for pair in options.items() for word in pair]
    keys = str(folder / f"{options['--id'] if '/' not in options['--id'] else 'x'}.keys")
    return main(["annexe", "--authority", str(folder / "authority"), *words, "--out", keys, *more])


def seed(folder: Path, *more: str) -> int:
    return main([
        "seed", "--authority", str(folder / "authority"), "--annexe", str(folder / "berkane-05.keys"),
        "--centre", str(folder / "centre.credential"), "--out", str(folder / "berkane-05.seed"), *ADDRESSES, *more,
    ])  # fmt: skip


def test_an_annexe_reads_its_seed_and_can_prove_who_it_is(it: Path) -> None:
    (it / "all.snapshot").write_bytes(encode([b"record one", b"record two"]))
    assert seed(it, "--snapshot", str(it / "all.snapshot")) == 0
    read = parse_seed((it / "berkane-05.seed").read_bytes())
    assert (read.annexe_id, read.prefix, read.town_ar) == ("berkane-05", "B05", "بركان")
    assert read.snapshot == [b"record one", b"record two"]
    own = parse_credential(read.credential)
    assert own.epoch == 1
    assert own.public == SigningKey(read.signing_seed).public
    assert own.sealing == OpeningKey(read.opening_seed).public
    assert (it / "berkane-05.credential").read_bytes() == read.credential
    assert parse_credential(read.centre).holder == "prefecture"


def test_the_chain_of_every_credential_leads_to_the_root(it: Path) -> None:
    root = parse_credential((it / "authority" / "root.credential").read_bytes())
    trust = Trust([root])
    for name in ("authority/issuer.credential", "centre.credential", "berkane-05.credential"):
        trust.add(parse_credential((it / name).read_bytes()))
    assert [credential.kind for credential in trust.credentials()] == ["root", "issuer", "centre", "annexe"]
    ends = [credential.not_after for credential in trust.credentials()]
    assert ends[0] > ends[1] == ends[2] == ends[3]


def test_the_seals_stand_on_the_root_that_the_centre_holds(it: Path) -> None:
    assert seed(it) == 0
    seals = SealKeys.from_value(parse_seed((it / "berkane-05.seed").read_bytes()).seals)
    known = parse_centre_seed((it / "centre.seed").read_bytes()).seals
    assert isinstance(known, dict)
    root, authority = (x509.load_der_x509_certificate(bytes(known[name])) for name in ("root", "authority"))  # type: ignore[arg-type]  # bytes, as read
    authority.verify_directly_issued_by(root)
    for certificate in (seals.pades_cert, seals.token_cert):
        x509.load_der_x509_certificate(certificate).verify_directly_issued_by(authority)


def test_whatever_holds_a_key_is_readable_by_its_owner_alone(it: Path) -> None:
    assert seed(it) == 0
    secret = [path for end in ("key", "keys", "seed", "sealed", "demo", "log") for path in it.rglob(f"*.{end}")]
    assert len(secret) == 9
    assert {path.stat().st_mode & 0o777 for path in secret} == {0o600}
    assert not list(it.rglob("*.partial"))


def test_no_secret_is_in_a_file_that_anybody_may_read(it: Path) -> None:
    assert seed(it) == 0
    read = parse_seed((it / "berkane-05.seed").read_bytes())
    public = [path for path in it.rglob("*") if path.is_file() and path.stat().st_mode & 0o044]
    assert len(public) == 9
    for path in public:
        assert read.signing_seed not in path.read_bytes()
        assert read.opening_seed not in path.read_bytes()
    assert "signing_seed" not in repr(read)


@pytest.mark.parametrize("command", ["authority", "centre", "annexe", "seed"])
def test_nothing_is_ever_written_over_a_key(it: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert seed(it) == 0
    before = {path: path.read_bytes() for path in it.rglob("*") if path.is_file()}
    again = {
        "authority": lambda: main(["authority", "init", "--demo", "--out", str(it / "authority")]),
        "centre": lambda: main(["centre", "--authority", str(it / "authority"), "--out", str(it / "centre.seed")]),
        "annexe": lambda: annexe(it),
        "seed": lambda: seed(it),
    }
    assert again[command]() == 1
    assert "is there already" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in it.rglob("*") if path.is_file()} == before


def test_force_replaces_knowingly(it: Path) -> None:
    before = (it / "berkane-05.keys").read_bytes()
    assert annexe(it, "--force") == 0
    assert (it / "berkane-05.keys").read_bytes() != before


def test_a_key_file_that_others_can_read_is_not_used(it: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (it / "berkane-05.keys").chmod(0o644)
    assert seed(it) == 1
    assert "can be read by others" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("id", "Berkane 05"), ("id", "../berkane-05"), ("id", "berkane-" + "5" * 40), ("prefix", "b05"),
        ("name_ar", "Annexe"), ("town_fr", ""), ("name_fr", "x" * 81), ("name_fr", "two\nlines"),
    ],
)  # fmt: skip
def test_a_description_that_cannot_be_is_refused_by_its_option(
    it: Path, option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert annexe(it, "--force", **{option: value}) == 1
    assert f"--{option.replace('_', '-')}" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["localhost", "ftp://localhost", "http://"])
def test_an_address_that_is_none_is_refused(it: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert seed(it, "--centre-url", url) == 1
    assert "is no address" in capsys.readouterr().err


def test_a_file_that_is_no_snapshot_is_refused(it: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (it / "all.snapshot").write_bytes(encode({"no": "list"}))
    assert seed(it, "--snapshot", str(it / "all.snapshot")) == 1
    assert "is no snapshot" in capsys.readouterr().err
    assert not (it / "berkane-05.seed").exists()


def test_without_an_authority_the_sentence_says_how_to_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert annexe(tmp_path) == 1
    assert "mulhaqa-provision authority init --out" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["dance"], ["annexe"]])
def test_a_command_typed_wrongly_shows_its_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(words)
    assert refused.value.code == 2
    assert "usage: mulhaqa-provision" in capsys.readouterr().err


def standby(folder: Path, followed: str = "berkane-05", name: str = "second") -> int:
    made = main([
        "standby", "--authority", str(folder / "authority"), "--annexe", str(folder / f"{followed}.keys"),
        "--out", str(folder / f"{name}.keys"),
    ])  # fmt: skip
    return made or main([
        "seed", "--authority", str(folder / "authority"), "--annexe", str(folder / f"{name}.keys"),
        "--centre", str(folder / "centre.credential"), "--out", str(folder / f"{name}.seed"), *ADDRESSES,
    ])  # fmt: skip


def test_a_standby_is_the_same_annexe_with_keys_of_its_own_and_the_next_epoch(it: Path) -> None:
    assert (seed(it), standby(it), standby(it, "second", "third")) == (0, 0, 0)
    first, second, third = (
        parse_seed((it / f"{name}.seed").read_bytes()) for name in ("berkane-05", "second", "third")
    )
    assert [isinstance(one, StandbySeed) for one in (first, second, third)] == [False, True, True]
    assert [parse_credential(one.credential).epoch for one in (first, second, third)] == [1, 2, 3]
    for name in ("annexe_id", "prefix", "name_ar", "town_fr", "root"):
        assert getattr(first, name) == getattr(second, name) == getattr(third, name)
    for name in ("signing_seed", "opening_seed", "seals"):
        assert len({repr(getattr(one, name)) for one in (first, second, third)}) == 3
    for name in ("second.credential", "second.seal.der"):
        assert (it / name).exists()


def test_the_keys_of_an_annexe_are_not_written_over_by_those_of_its_standby(
    it: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (it / "berkane-05.keys").read_bytes()
    assert standby(it, name="berkane-05") == 1
    assert "is there already" in capsys.readouterr().err
    assert (it / "berkane-05.keys").read_bytes() == before
