"""Credentials: who is vouched for, and that no date ever stops a log."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallerError, PeerError
from protocol.records.credentials import Credential, Standing, Trust, covers, issue, parse_credential
from protocol.records.keys import SigningKey
from protocol.records.refusals import CredentialRefused

ROOT, ISSUER, ANNEXE, OTHER = (SigningKey(bytes([number]) * 32) for number in range(1, 5))
BEGIN, END = 1_767_225_600_000, 1_798_848_000_000


def made(kind: str, key: SigningKey, by: SigningKey, **changes: Any) -> Credential:
    usual: dict[str, Any] = {
        "holder": "berkane",
        "sealing": None,
        "area": "berkane",
        "rights": (),
        "role": "",
        "epoch": 1,
        "not_before": BEGIN,
        "not_after": END,
    }
    return issue(kind=kind, public=key.public, signing=by, **(usual | changes))


def root(**changes: Any) -> Credential:
    return made("root", ROOT, ROOT, **({"rights": ("issuer",)} | changes))


def issuer(**changes: Any) -> Credential:
    return made("issuer", ISSUER, ROOT, **({"rights": ("annexe", "agent")} | changes))


def annexe(**changes: Any) -> Credential:
    return made("annexe", ANNEXE, ISSUER, **({"holder": "berkane-05", "area": "berkane/05"} | changes))


def trust() -> Trust:
    held = Trust([root()])
    for credential in (issuer(), annexe()):
        held.add(credential)
    return held


def test_a_leaf_is_believed_by_way_of_its_issuer_and_root() -> None:
    held = trust()
    assert held.signer(ANNEXE.id) == annexe()
    assert held.signer(OTHER.id) is None
    assert [one.kind for one in held.credentials()] == ["root", "issuer", "annexe"]


def test_a_leaf_without_its_issuer_is_not() -> None:
    with pytest.raises(CredentialRefused):
        Trust([root()]).add(annexe())


@given(st.data())
def test_every_bit_of_a_credential_counts(data: st.DataObject) -> None:
    whole = bytearray(annexe().encoded())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    held = Trust([root()])
    held.add(issuer())
    with pytest.raises(PeerError):
        held.add(parse_credential(bytes(whole)))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_credential_or_refused(data: bytes) -> None:
    with pytest.raises(PeerError):
        parse_credential(data)


def test_a_new_root_is_vouched_for_by_the_old_and_vouches_for_issuers_itself() -> None:
    held = Trust([root()])
    held.add(made("root", OTHER, ROOT, rights=("issuer",)))
    held.add(made("issuer", ISSUER, OTHER, rights=("annexe",)))
    held.add(annexe())
    assert held.signer(ANNEXE.id) is not None


def test_a_new_root_reaches_no_farther_than_the_old() -> None:
    with pytest.raises(CredentialRefused):
        Trust([root()]).add(made("root", OTHER, ROOT, area="oujda"))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (BEGIN - 1, Standing(not_yet=True)),
        (BEGIN, Standing()),
        (END, Standing()),
        (END + 1, Standing(expired=True)),
    ],
)
def test_dates_are_flags(now: int, expected: Standing) -> None:
    held = trust()
    assert held.standing(annexe(), now) == expected
    assert held.standing(annexe(), now).good == (expected == Standing())


def test_an_expired_credential_is_taken_in_all_the_same() -> None:
    held = Trust([root(not_after=BEGIN)])
    held.add(issuer(not_after=BEGIN))
    held.add(annexe(not_after=BEGIN))
    assert held.standing(annexe(not_after=BEGIN), END).expired


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"not_after": END + 1}, "for a longer time than its own"),
        ({"holder": "oujda-05"}, "no annexe of berkane/05"),
        ({"area": "oujda", "holder": "oujda-05"}, "in the area oujda"),
        ({"kind": "centre"}, "the kind centre"),
    ],
)
def test_an_issuer_that_oversteps_is_refused_by_name(changes: dict[str, Any], says: str) -> None:
    held = Trust([root()])
    held.add(issuer())
    fields: dict[str, Any] = {"kind": "annexe", "holder": "berkane-05", "area": "berkane/05"}
    with pytest.raises(CredentialRefused, match=f"The issuer berkane .*{says}"):
        held.add(made(key=ANNEXE, by=ISSUER, **(fields | changes)))


def test_what_a_root_before_those_known_here_vouched_for_adds_nothing_and_stands_in_nobodys_way() -> None:
    held = Trust([made("root", OTHER, OTHER, rights=("issuer",))])
    held.add(made("issuer", ISSUER, OTHER, rights=("annexe",)))
    held.add(issuer(not_after=END - 1))
    known = held.signer(ISSUER.id)
    assert known is not None
    assert known.issuer == OTHER.id
    for changes in ({"not_after": END}, {"not_after": END - 1, "holder": "berkane-x"}):
        with pytest.raises(CredentialRefused):
            held.add(issuer(**changes))


def test_revocation_is_a_flag_on_the_key_and_on_what_it_vouched_for() -> None:
    held = trust()
    held.revoke(ANNEXE.id)
    assert held.standing(annexe(), BEGIN) == Standing(revoked=True)
    held.revoke(ISSUER.id)
    assert held.standing(annexe(), BEGIN) == Standing(revoked=True, issuer_revoked=True)
    assert held.standing(issuer(), BEGIN) == Standing(revoked=True)
    assert held.signer(ANNEXE.id) == annexe()


def test_of_two_for_one_key_the_later_stays_whatever_their_order() -> None:
    old, new = annexe(not_after=END - 1), annexe()
    for order in ((old, new), (new, old), (old, new, old)):
        held = Trust([root()])
        held.add(issuer())
        for credential in order:
            held.add(credential)
        assert held.signer(ANNEXE.id) == new


@given(st.lists(st.sampled_from(["a", "b", "a-b", "05"]), min_size=1, max_size=3), st.text("/ab-", max_size=4))
def test_an_area_covers_itself_and_the_paths_below_it(steps: list[str], more: str) -> None:
    area = "/".join(steps)
    assert covers(area, area)
    assert covers(area, f"{area}/{more}")
    assert covers(area, area + more) == (not more or more.startswith("/"))
    assert not covers(f"{area}/05", area)


def test_rights_are_kept_in_order_each_once() -> None:
    assert issuer(rights=("b", "a", "b")).rights == ("a", "b")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "king"},
        {"holder": ""},
        {"holder": "Berkane"},
        {"area": ""},
        {"area": "/"},
        {"rights": ("x" * 65,)},
        {"rights": tuple(f"r{number}" for number in range(17))},
        {"epoch": -1},
        {"not_after": BEGIN - 1},
        {"public": bytes(32)},
        {"sealing": b"short"},
    ],
    ids=repr,
)
def test_a_credential_that_is_not_of_the_format_is_the_callers_mistake(changes: dict[str, Any]) -> None:
    fields: dict[str, Any] = {
        "kind": "annexe",
        "holder": "berkane-05",
        "public": ANNEXE.public,
        "sealing": None,
        "area": "berkane/05",
        "rights": (),
        "role": "",
        "epoch": 1,
        "not_before": BEGIN,
        "not_after": END,
    }
    with pytest.raises(CallerError):
        issue(**(fields | changes), signing=ISSUER)


def test_trust_begins_with_roots_that_signed_themselves() -> None:
    with pytest.raises(CallerError):
        Trust([annexe()])
    forged = made("root", ROOT, OTHER)
    assert forged.issuer == OTHER.id
    with pytest.raises(CredentialRefused):
        Trust([parse_credential(_with_issuer(forged, ROOT.id))])


def _with_issuer(credential: Credential, issuer_id: bytes) -> bytes:
    return replace(credential, issuer=issuer_id).encoded()
