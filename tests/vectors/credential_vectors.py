"""Vectors of credentials: a root, an issuer, leaves; and what is refused, when parsed or when added."""

from __future__ import annotations

from dataclasses import dataclass, replace

from protocol.records.credentials import Credential, issue
from protocol.records.encoding import Value, decode, encode
from protocol.records.keys import OpeningKey, SigningKey
from tests.vectors.values import Json, fixed

ROOT = SigningKey(fixed("root"))
NEXT_ROOT = SigningKey(fixed("next root"))
ISSUER = SigningKey(fixed("issuer"))
ANNEXE = SigningKey(fixed("annexe"))
AGENT = SigningKey(fixed("agent"))
ANNEXE_OPENING = OpeningKey(fixed("annexe opening"))

BEGIN = 1_767_225_600_000
YEAR = 366 * 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Draft:
    """What `issue` wants, with the values of most cases."""

    kind: str
    public: bytes
    holder: str = "berkane"
    sealing: bytes | None = None
    area: str = "berkane"
    rights: tuple[str, ...] = ()
    role: str = ""
    epoch: int = 1
    not_before: int = BEGIN
    not_after: int = BEGIN + YEAR

    def by(self, signing: SigningKey) -> Credential:
        """The credential, signed."""
        return issue(
            kind=self.kind,
            holder=self.holder,
            public=self.public,
            sealing=self.sealing,
            area=self.area,
            rights=self.rights,
            role=self.role,
            epoch=self.epoch,
            not_before=self.not_before,
            not_after=self.not_after,
            signing=signing,
        )


ROOT_DRAFT = Draft("root", ROOT.public, rights=("issuer",), not_after=BEGIN + 20 * YEAR)
ISSUER_DRAFT = Draft("issuer", ISSUER.public, rights=("agent", "annexe", "centre"))
ANNEXE_DRAFT = Draft("annexe", ANNEXE.public, "berkane-05", ANNEXE_OPENING.public, "berkane/05")
AGENT_DRAFT = Draft("agent", AGENT.public, "berkane-05/caid", area="berkane/05", role="authority")


def credentials() -> Json:
    """The chain of trust, and everything that does not hang on it."""
    root, issuer = ROOT_DRAFT.by(ROOT), ISSUER_DRAFT.by(ROOT)
    annexe, agent = ANNEXE_DRAFT.by(ISSUER), AGENT_DRAFT.by(ISSUER)
    successor = replace(ROOT_DRAFT, public=NEXT_ROOT.public).by(ROOT)
    good = {"issuer": issuer, "annexe": annexe, "agent": agent, "a new root, signed by the old": successor}
    return {
        "root": root.encoded().hex(),
        "good": [
            {"name": name, "credential": credential.encoded().hex(), "id": credential.id.hex()}
            for name, credential in good.items()
        ],
        "bad": [
            *(_bad(name, data, "parse", kind) for name, (data, kind) in _not_parsed(annexe).items()),
            *(_bad(name, one.encoded(), "add", "credential-refused") for name, one in _not_added(annexe).items()),
        ],
    }


def _bad(name: str, data: bytes, step: str, kind: str) -> Json:
    return {"name": name, "credential": data.hex(), "step": step, "kind": kind}


def _with_field(credential: Credential, place: int, value: Value) -> bytes:
    fields = decode(credential.encoded())
    if not isinstance(fields, list):
        raise TypeError("A credential is an array.")
    fields[place] = value
    return encode(fields)


def _not_parsed(annexe: Credential) -> dict[str, tuple[bytes, str]]:
    whole, form = annexe.encoded(), "not-a-credential"
    return {
        "cut short": (whole[:-1], "not-canonical"),
        "one byte more": (whole + b"\0", "not-canonical"),
        "a map": (encode({}), form),
        "another version": (_with_field(annexe, 0, 2), form),
        "a version that is true": (_with_field(annexe, 0, True), form),
        "an unknown kind": (_with_field(annexe, 1, "king"), form),
        "a kind that is an array": (_with_field(annexe, 1, []), form),
        "a holder in capitals": (_with_field(annexe, 2, "Berkane-05"), form),
        "a public key of 31 bytes": (_with_field(annexe, 3, bytes(31)), form),
        "a sealing key that is text": (_with_field(annexe, 4, "x" * 32), form),
        "an area with an empty step": (_with_field(annexe, 5, "berkane//05"), form),
        "no area": (_with_field(annexe, 5, ""), form),
        "rights that are text": (_with_field(annexe, 6, "annexe"), form),
        "rights out of order": (_with_field(annexe, 6, ["b", "a"]), form),
        "a right twice": (_with_field(annexe, 6, ["a", "a"]), form),
        "a right that is a number": (_with_field(annexe, 6, [1]), form),
        "a role with a space": (_with_field(annexe, 7, "a b"), form),
        "a negative epoch": (_with_field(annexe, 8, -1), form),
        "an end before the beginning": (_with_field(annexe, 10, BEGIN - 1), form),
        "an issuer of 15 bytes": (_with_field(annexe, 11, bytes(15)), form),
        "no signature": (_with_field(annexe, 12, None), form),
        "more than 1 KiB": (_with_field(annexe, 2, "a" * 1024), "too-large"),
    }


def _not_added(annexe: Credential) -> dict[str, Credential]:
    stranger = SigningKey(fixed("stranger"))
    small = replace(annexe, public=bytes(32))
    return {
        "an issuer nobody knows": ANNEXE_DRAFT.by(stranger),
        "signed by another than its issuer": replace(ANNEXE_DRAFT.by(stranger), issuer=ISSUER.id),
        "changed after it was signed": replace(annexe, epoch=2),
        "signed for another purpose": replace(annexe, signature=ISSUER.sign("record", annexe.signed_bytes())),
        "a kind beyond the issuer's rights": replace(ANNEXE_DRAFT, kind="seal").by(ISSUER),
        "an area beyond the issuer's": replace(ANNEXE_DRAFT, area="oujda/05").by(ISSUER),
        "an area that only begins alike": replace(ANNEXE_DRAFT, area="berkane-05").by(ISSUER),
        "an annexe of another area by its name": replace(ANNEXE_DRAFT, holder="oujda-05").by(ISSUER),
        "an annexe whose name only begins alike": replace(ANNEXE_DRAFT, holder="berkane-051").by(ISSUER),
        "an end after the issuer's": replace(ANNEXE_DRAFT, not_after=BEGIN + YEAR + 1).by(ISSUER),
        "a leaf of the root, which has no right to it": ANNEXE_DRAFT.by(ROOT),
        "a leaf of a leaf": replace(AGENT_DRAFT, public=stranger.public).by(ANNEXE),
        "an issuer's issuer": replace(ISSUER_DRAFT, public=stranger.public).by(ISSUER),
        "an issuer's root": replace(ROOT_DRAFT, public=stranger.public).by(ISSUER),
        "a stranger's root": replace(ROOT_DRAFT, public=stranger.public).by(stranger),
        "a key of small order": replace(small, signature=ISSUER.sign("credential", small.signed_bytes())),
        "one key for two holders": replace(ANNEXE_DRAFT, public=AGENT.public).by(ISSUER),
    }
