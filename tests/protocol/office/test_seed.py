"""Seeds: whole, signed by the issuer, for one machine, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallerError, PeerError
from protocol.office.seed import CentreSeed, Seed, SeedRefused, parse_centre_seed, parse_seed, seed_bytes
from protocol.records.credentials import Credential, issue
from protocol.records.encoding import Value, decode, encode
from protocol.records.keys import OpeningKey, SigningKey

NOW = 1_780_000_000_000
YEAR = 366 * 24 * 3600 * 1000


def secret(name: str) -> bytes:
    return sha256(name.encode()).digest()


def credential(kind: str, holder: str, by: SigningKey, rights: tuple[str, ...] = (), *, now: int = NOW) -> Credential:
    leaf = kind in ("annexe", "centre")
    return issue(
        kind=kind,
        holder=holder,
        public=SigningKey(secret(holder)).public,
        sealing=OpeningKey(secret(f"{holder} opening")).public if leaf else None,
        area="berkane",
        rights=rights,
        role="",
        epoch=1,
        not_before=now,
        not_after=now + YEAR,
        signing=by,
    )


@dataclass(frozen=True)
class Prefecture:
    """A root and an issuer whose names are their secrets."""

    root_name: str = "root"
    issuer_name: str = "issuer"
    now: int = NOW

    @property
    def issuing(self) -> SigningKey:
        return SigningKey(secret(self.issuer_name))

    def root(self) -> Credential:
        return credential("root", self.root_name, SigningKey(secret(self.root_name)), ("issuer",), now=self.now)

    def issuer(self) -> Credential:
        by = SigningKey(secret(self.root_name))
        return credential("issuer", self.issuer_name, by, ("annexe", "centre"), now=self.now)

    def seed(self) -> Seed:
        return Seed(
            annexe_id="berkane-05",
            prefix="B05",
            name_ar="الملحقة الخامسة",
            name_fr="Annexe 5",
            town_ar="بركان",
            town_fr="Berkane",
            province_ar="بركان",
            province_fr="Berkane",
            signing_seed=secret("berkane-05"),
            opening_seed=secret("berkane-05 opening"),
            credential=credential("annexe", "berkane-05", self.issuing, now=self.now).encoded(),
            issuer=self.issuer().encoded(),
            root=self.root().encoded(),
            centre=credential("centre", "prefecture", self.issuing, now=self.now).encoded(),
            centre_url="http://localhost:8081",
            verify_url="http://localhost:8081/verify",
            seals={"pades_key": b"k"},
            snapshot=[b"one", b"two"],
        )

    def centre_seed(self) -> CentreSeed:
        return CentreSeed(
            centre_id="prefecture",
            name_ar="إقليم بركان",
            name_fr="Province de Berkane",
            signing_seed=secret("prefecture"),
            opening_seed=secret("prefecture opening"),
            credential=credential("centre", "prefecture", self.issuing, now=self.now).encoded(),
            issuer=self.issuer().encoded(),
            root=self.root().encoded(),
            seals=None,
        )


BERKANE = Prefecture()
STRANGER = Prefecture("another-root", "another-issuer")
WHOLE = seed_bytes(BERKANE.seed(), BERKANE.issuing)


def signed_anyway(values: dict[str, Value], kind: str = "annexe", by: SigningKey = BERKANE.issuing) -> bytes:
    """A frame whose signature holds, whatever its fields are."""
    body = encode(values)
    return encode([1, kind, body, by.sign("seed", encode([kind, body]))])


def fields() -> dict[str, Value]:
    value = decode(WHOLE, max_size=1 << 20)
    assert isinstance(value, list)
    assert isinstance(value[2], bytes)
    body = decode(value[2], max_size=1 << 20)
    assert isinstance(body, dict)
    return body


def test_a_seed_reads_as_it_was_written() -> None:
    assert parse_seed(WHOLE) == BERKANE.seed()
    assert parse_centre_seed(seed_bytes(BERKANE.centre_seed(), BERKANE.issuing)) == BERKANE.centre_seed()


def test_a_seed_shows_no_secret_when_it_is_printed() -> None:
    for seed in (BERKANE.seed(), BERKANE.centre_seed()):
        assert repr(seed.signing_seed) not in repr(seed)
        assert repr(seed.opening_seed) not in repr(seed)


def test_the_root_must_be_the_one_that_is_known() -> None:
    assert parse_seed(WHOLE, BERKANE.root().id).annexe_id == "berkane-05"
    with pytest.raises(SeedRefused, match="another root"):
        parse_seed(WHOLE, STRANGER.root().id)


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 7))
def test_any_bit_that_was_flipped_on_the_way_is_refused(at: int, bit: int) -> None:
    changed = bytearray(WHOLE)
    changed[at] ^= 1 << bit
    with pytest.raises(PeerError):
        parse_seed(bytes(changed))


@given(st.integers(0, len(WHOLE) - 1))
def test_a_seed_that_was_cut_is_refused(length: int) -> None:
    with pytest.raises(PeerError):
        parse_seed(WHOLE[:length])


def test_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(PeerError):
        parse_seed(WHOLE + b"\0")


def test_the_issuer_alone_signs() -> None:
    with pytest.raises(CallerError):
        seed_bytes(BERKANE.seed(), STRANGER.issuing)
    with pytest.raises(PeerError):
        parse_seed(signed_anyway(fields(), by=STRANGER.issuing))


@pytest.mark.parametrize("missing", sorted(fields()))
def test_a_field_that_is_missing_is_refused_even_if_signed(missing: str) -> None:
    values = fields()
    del values[missing]
    with pytest.raises(SeedRefused, match="fields of its kind"):
        parse_seed(signed_anyway(values))


WRONG_TYPES: list[tuple[str, Value]] = [("prefix", 5), ("signing_seed", "text"), ("snapshot", [1]), ("root", None)]


@pytest.mark.parametrize(("name", "value"), WRONG_TYPES)
def test_a_field_of_another_type_is_refused_even_if_signed(name: str, value: Value) -> None:
    with pytest.raises(SeedRefused, match=name):
        parse_seed(signed_anyway({**fields(), name: value}))


def test_a_field_that_is_one_too_many_is_refused_even_if_signed() -> None:
    with pytest.raises(SeedRefused):
        parse_seed(signed_anyway({**fields(), "more": 1}))


@pytest.mark.parametrize("name", ["signing_seed", "opening_seed"])
def test_keys_that_are_not_the_credentials_are_refused(name: str) -> None:
    with pytest.raises(SeedRefused, match="do not belong"):
        parse_seed(signed_anyway({**fields(), name: secret("someone else")}))


def test_the_credential_of_another_annexe_is_refused() -> None:
    with pytest.raises(SeedRefused, match="another machine"):
        parse_seed(signed_anyway({**fields(), "annexe_id": "berkane-06"}))


def test_a_centre_that_another_prefecture_vouches_for_is_refused() -> None:
    other = credential("centre", "prefecture", STRANGER.issuing).encoded()
    with pytest.raises(PeerError):
        parse_seed(signed_anyway({**fields(), "centre": other}))


def test_an_annexe_in_the_centres_place_is_refused() -> None:
    other = credential("annexe", "berkane-07", BERKANE.issuing).encoded()
    with pytest.raises(SeedRefused, match="no centre"):
        parse_seed(signed_anyway({**fields(), "centre": other}))


def test_the_seed_of_the_centre_is_no_annexes_and_the_reverse() -> None:
    with pytest.raises(SeedRefused, match="seed of a centre, not of an annexe"):
        parse_seed(seed_bytes(BERKANE.centre_seed(), BERKANE.issuing))
    with pytest.raises(SeedRefused, match="seed of an annexe, not of a centre"):
        parse_centre_seed(WHOLE)


def test_a_seed_of_a_later_version_asks_for_an_update() -> None:
    with pytest.raises(SeedRefused, match="update it first"):
        parse_seed(encode([2, "annexe", b"", b""]))


def test_an_expired_seed_still_starts_its_machine() -> None:
    old = Prefecture(now=1)
    assert parse_seed(seed_bytes(old.seed(), old.issuing)) == old.seed()


def test_a_standby_of_the_first_epoch_is_refused_for_it_could_take_nobodys_place() -> None:
    with pytest.raises(SeedRefused, match="later epoch"):
        parse_seed(signed_anyway(fields(), kind="standby"))


def test_a_seed_of_another_kind_is_named() -> None:
    with pytest.raises(SeedRefused, match="seed of a centre, not of an annexe"):
        parse_seed(seed_bytes(BERKANE.centre_seed(), BERKANE.issuing))
    with pytest.raises(SeedRefused, match="seed of a standby, not of a centre"):
        parse_centre_seed(signed_anyway(fields(), kind="standby"))
