"""Seeds: what the prefecture's IT hands to a machine so that it can begin, signed by the issuer.

    seed    encode([1, kind, body, signature])       kind "annexe", "standby" or "centre", body = encode(map of the
                                                     fields below); a standby's are an annexe's. A field that a
                                                     later release added is left out where it says nothing
    signature  Ed25519 over "mulhaqa/seed/1\\0" + encode([kind, body]), by the issuer whose credential is in the body

Rules of reading, each of them a refusal:

- the bytes are canonical, of this version, with exactly the fields of their kind;
- the issuer's credential stands on the root inside, the holder's and the centre's on that issuer; where the caller
  knows the root already (a second seed, a root printed on paper), the root inside must be that one;
- the issuer signed the whole, so nobody swapped a field, a key or a snapshot of another annexe into it;
- the secret keys belong to the credential: a seed never starts a machine that cannot prove who it is;
- a standby's credential has a later epoch than 1, which is that of an annexe's first machine.

Expiry refuses nothing here: a seed that lay in a drawer still starts its machine, which then shows the expiry.

A seed holds secret keys in the clear: it is written 0600, carried by hand, and destroyed once it is installed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from protocol.errors import CallerError, PeerError
from protocol.records.credentials import Credential, Trust, parse_credential
from protocol.records.encoding import Value, decode, encode
from protocol.records.keys import OpeningKey, SigningKey, verify_signature

VERSION = 1
MAX_SEED = 8 * 1024 * 1024  # the snapshot rules: some hundred procedures of 10 to 20 kB, with room to grow fivefold
MAX_SNAPSHOT = 10_000  # records; a catalogue of 200 procedures through 20 years of yearly versions is 4,000


class SeedRefused(PeerError):
    """The bytes are no seed of this prefecture, or not whole, or their keys and credentials do not belong together."""

    kind = "seed-refused"


@dataclass(frozen=True, slots=True)
class Seed:
    """What one annexe begins with. Credentials are encoded; secrets stay out of its repr."""

    annexe_id: str
    prefix: str
    name_ar: str
    name_fr: str
    town_ar: str
    town_fr: str
    province_ar: str
    province_fr: str
    signing_seed: bytes = field(repr=False)
    opening_seed: bytes = field(repr=False)
    credential: bytes
    issuer: bytes
    root: bytes
    centre: bytes
    centre_url: str
    verify_url: str
    seals: Value = field(repr=False)
    snapshot: list[bytes] = field(repr=False)
    lan: Value = field(default=None, repr=False)
    """What its screens are certified with (`protocol.office.lan`); None in a seed of before there was one."""


@dataclass(frozen=True, slots=True)
class StandbySeed(Seed):
    """The same for a machine that follows the annexe's, until it is promoted."""


@dataclass(frozen=True, slots=True)
class CentreSeed:
    """What the prefecture's server begins with: its name, its keys, and the X.509 roots that seals stand on."""

    centre_id: str
    name_ar: str
    name_fr: str
    signing_seed: bytes = field(repr=False)
    opening_seed: bytes = field(repr=False)
    credential: bytes
    issuer: bytes
    root: bytes
    seals: Value = field(repr=False)


Kind = TypeVar("Kind", Seed, CentreSeed)
LATER = ("lan",)
"""Fields that a seed of before them does not have."""

KIND_OF: dict[type, str] = {Seed: "annexe", StandbySeed: "standby", CentreSeed: "centre"}


def seed_bytes(seed: Seed | CentreSeed, issuer: SigningKey) -> bytes:
    """Write `seed`, signed by the issuer whose credential it carries; CallerError when the key is another's."""
    if parse_credential(seed.issuer).public != issuer.public:
        raise CallerError("A seed is signed by the issuer whose credential it carries.")
    kind = KIND_OF[type(seed)]
    values = {each.name: getattr(seed, each.name) for each in fields(seed)}
    body = encode({name: value for name, value in values.items() if name not in LATER or value is not None})
    return encode([VERSION, kind, body, issuer.sign("seed", encode([kind, body]))])


def parse_seed(data: bytes, expected_root: bytes | None = None) -> Seed:
    """Read and verify an annexe's seed, or a standby's; `expected_root` is the root's key id (16 bytes) if it is known
    beforehand.

    Raises SeedRefused, or the protocol's own PeerErrors for bytes and credentials that are not what they claim.
    """
    shape = StandbySeed if _frame(data)[0] == KIND_OF[StandbySeed] else Seed
    seed, trust = _parse(data, shape, expected_root)
    centre = parse_credential(seed.centre)
    trust.add(centre)
    if centre.kind != "centre" or centre.sealing is None:
        raise SeedRefused("The seed names no centre to seal records to: have the prefecture make it again.")
    return seed


def parse_centre_seed(data: bytes, expected_root: bytes | None = None) -> CentreSeed:
    """Read and verify the centre's seed; refusals as for `parse_seed`."""
    return _parse(data, CentreSeed, expected_root)[0]


def _parse(data: bytes, shape: type[Kind], expected_root: bytes | None) -> tuple[Kind, Trust]:
    kind, body, signature = _frame(data)
    if kind != KIND_OF[shape]:
        raise SeedRefused(f"This is the seed of {_article(kind)}, not of {_article(KIND_OF[shape])}.")
    seed = _fields(body, shape)
    trust, issuer = _trust(seed, expected_root)
    verify_signature(issuer.public, "seed", encode([kind, body]), signature)
    _check_keys(seed, trust)
    return seed, trust


def _frame(data: bytes) -> tuple[str, bytes, bytes]:
    match decode(data, max_size=MAX_SEED):
        case [int(version), str(kind), bytes(body), bytes(signature)] if version == VERSION:
            return kind, body, signature
        case [int(version), *_] if version != VERSION:
            raise SeedRefused(f"This seed is of version {version}; this software reads {VERSION}: update it first.")
        case _:
            raise SeedRefused("This file is not a seed.")


def _fields(body: bytes, shape: type[Kind]) -> Kind:
    value = decode(body, max_size=MAX_SEED)
    wanted = {each.name: str(each.type) for each in fields(shape)}
    if not isinstance(value, dict) or not set(wanted) - set(LATER) <= set(value) <= set(wanted):
        raise SeedRefused("The seed does not have the fields of its kind.")
    for name, held in value.items():
        _check_type(name, wanted[name], held)
    values: dict[str, Any] = dict(value)
    return shape(**values)


def _check_type(name: str, kind: str, value: Value) -> None:
    match kind:
        case "str":
            good = isinstance(value, str)
        case "bytes":
            good = isinstance(value, bytes)
        case "list[bytes]":
            good = isinstance(value, list) and len(value) <= MAX_SNAPSHOT and all(isinstance(v, bytes) for v in value)
        case _:
            good = True
    if not good:
        raise SeedRefused(f"The seed's field {name} is not of its type.")


def _trust(seed: Seed | CentreSeed, expected_root: bytes | None) -> tuple[Trust, Credential]:
    root, issuer = parse_credential(seed.root), parse_credential(seed.issuer)
    if root.kind != "root" or issuer.kind != "issuer":
        raise SeedRefused("The seed's credentials are not those of a root and its issuer.")
    if expected_root is not None and root.id != expected_root:
        raise SeedRefused("The seed stands on another root than the one expected: it is not from this prefecture.")
    trust = Trust([root])
    trust.add(issuer)
    return trust, issuer


def _check_keys(seed: Seed | CentreSeed, trust: Trust) -> None:
    credential = parse_credential(seed.credential)
    trust.add(credential)
    holder = seed.annexe_id if isinstance(seed, Seed) else seed.centre_id
    if credential.kind != ("annexe" if isinstance(seed, Seed) else "centre") or credential.holder != holder:
        raise SeedRefused("The seed's credential is another machine's.")
    if isinstance(seed, StandbySeed) and credential.epoch < 2:
        raise SeedRefused("A standby needs a later epoch than the annexe's first: have its keys made anew.")
    if (
        SigningKey(seed.signing_seed).public != credential.public
        or OpeningKey(seed.opening_seed).public != credential.sealing
    ):
        raise SeedRefused("The seed's secret keys do not belong to its credential.")


def _article(kind: str) -> str:
    return {"annexe": "an annexe", "standby": "a standby", "centre": "a centre"}.get(kind, "something else")
