"""Every committed vector against the code, and the code against every committed vector."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from protocol.errors import PeerError
from protocol.records.chain import ACCEPTABLE, Chain, Verdict
from protocol.records.compression import decompress
from protocol.records.credentials import Trust, parse_credential
from protocol.records.dictionaries import DICTIONARIES
from protocol.records.encoding import decode, encode
from protocol.records.envelope import Record, open_body, parse_record, verify_record
from protocol.records.hashing import digest, record_hash, subject_from_text, text_of
from protocol.records.keys import (
    OpeningKey,
    SigningKey,
    check_public,
    key_id,
    seal_to,
    subject_of,
    subkey,
    verify_signature,
)
from protocol.records.refusals import NeedsUpgrade, NotASubject
from protocol.records.sealing import seal, unseal
from tests.vectors.make import FOLDER, MAKERS, path_of, render
from tests.vectors.values import from_json

raw = bytes.fromhex


def load(name: str) -> Any:
    return json.loads(path_of(name).read_text("utf-8"))


def named(cases: list[dict[str, Any]]) -> list[Any]:
    if not cases:
        raise ValueError("A table of vectors is empty.")
    return [pytest.param(case, id=case["name"]) for case in cases]


def refused(kind: str, act: Callable[[], object]) -> None:
    with pytest.raises(PeerError) as caught:
        act()
    assert caught.value.kind == kind


def test_every_file_of_vectors_is_made_by_the_command_and_every_maker_has_its_file() -> None:
    found = {path.stem for path in FOLDER.glob("*.json")}
    assert found
    assert set(MAKERS) <= found


@pytest.mark.parametrize("name", MAKERS)
def test_the_committed_vectors_are_what_the_code_makes(name: str) -> None:
    assert path_of(name).read_text("utf-8") == render(name)


# Encoding


@pytest.mark.parametrize("case", named(load("encoding")["good"]))
def test_a_value_has_this_one_encoding(case: dict[str, Any]) -> None:
    value = from_json(case["value"])
    assert encode(value) == raw(case["bytes"])
    again = decode(raw(case["bytes"]))
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize("case", named(load("encoding")["bad"]))
def test_bytes_that_encode_nothing_are_refused(case: dict[str, Any]) -> None:
    refused(case["kind"], lambda: decode(raw(case["bytes"])))


# Hashing


def test_digests() -> None:
    cases = load("hashing")["digests"]
    assert cases
    for case in cases:
        parts = [raw(part) for part in case["parts"]]
        assert digest(case["thing"], *parts, size=case["size"], key=raw(case["key"])) == raw(case["digest"])
    assert len({case["digest"] for case in cases}) == len(cases)


def test_the_hash_of_a_record_is_a_digest() -> None:
    case = load("hashing")["record_hash"]
    assert record_hash(raw(case["record"])) == raw(case["hash"])


def test_ids_as_text() -> None:
    for case in load("hashing")["text"]:
        assert text_of(raw(case["subject"])) == case["text"]
        assert subject_from_text(case["text"]) == raw(case["subject"])


@pytest.mark.parametrize("text", load("hashing")["not_text"])
def test_a_text_that_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(NotASubject):
        subject_from_text(text)


# Keys


def verify(case: dict[str, Any]) -> None:
    verify_signature(raw(case["public"]), case["thing"], raw(case["message"]), raw(case["signature"]))


def test_a_signature_is_determined_by_key_purpose_and_message() -> None:
    vectors = load("keys")
    signing = SigningKey(raw(vectors["seed"]))
    assert key_id(signing.public) == signing.id == raw(vectors["key_id"])
    for case in vectors["signatures"]["good"]:
        assert signing.sign(case["thing"], raw(case["message"])) == raw(case["signature"])
        verify(case)


@pytest.mark.parametrize("case", named(load("keys")["signatures"]["bad"]))
def test_a_signature_that_does_not_hold_is_refused(case: dict[str, Any]) -> None:
    refused(case["kind"], lambda: verify(case))


@pytest.mark.parametrize("case", named(load("keys")["bad_public_keys"]))
def test_a_public_key_that_cannot_be_relied_upon_is_refused(case: dict[str, Any]) -> None:
    refused(case["kind"], lambda: check_public(raw(case["public"])))


def test_subject_and_subkeys_of_a_data_key() -> None:
    case = load("keys")["data_key"]
    assert subject_of(raw(case["key"])) == raw(case["subject"])
    for thing, derived in case["subkeys"].items():
        assert subkey(raw(case["key"]), thing) == raw(derived)


def test_a_message_sealed_to_a_key() -> None:
    case = load("keys")["sealed_to"]
    opening = OpeningKey(raw(case["seed"]))
    assert opening.public == raw(case["public"])
    assert seal_to(opening.public, raw(case["message"]), raw(case["entropy"])) == raw(case["sealed"])
    assert opening.open(raw(case["sealed"])) == raw(case["message"])


@pytest.mark.parametrize("case", named(load("keys")["sealed_to"]["bad"]))
def test_a_message_that_was_not_sealed_to_this_key_is_refused(case: dict[str, Any]) -> None:
    opening = OpeningKey(raw(load("keys")["sealed_to"]["seed"]))
    refused(case["kind"], lambda: opening.open(raw(case["sealed"])))


# Sealing


def test_sealed_bytes_are_determined_by_key_purpose_place_and_plaintext() -> None:
    cases = load("sealing")["good"]
    assert cases
    for case in cases:
        key, place = raw(case["key"]), raw(case["place"])
        assert seal(key, case["thing"], place, raw(case["plain"])) == raw(case["sealed"])
        assert unseal(key, case["thing"], place, raw(case["sealed"])) == raw(case["plain"])


@pytest.mark.parametrize("case", named(load("sealing")["bad"]))
def test_sealed_bytes_that_do_not_open_are_refused(case: dict[str, Any]) -> None:
    refused(case["kind"], lambda: unseal(raw(case["key"]), case["thing"], raw(case["place"]), raw(case["sealed"])))


# Compression


def test_compressed_bytes_open_with_the_dictionary_of_their_number() -> None:
    vectors = load("compression")
    number = vectors["dictionary"]["number"]
    assert digest("dictionary", DICTIONARIES[number]) == raw(vectors["dictionary"]["digest"])
    for case in vectors["good"]:
        assert decompress(raw(case["compressed"]), max_size=vectors["max_size"]) == raw(case["plain"])


@pytest.mark.parametrize("case", named(load("compression")["bad"]))
def test_a_frame_that_is_not_ours_is_refused(case: dict[str, Any]) -> None:
    refused(case["kind"], lambda: decompress(raw(case["compressed"]), max_size=load("compression")["max_size"]))


# Records


def steps(case: dict[str, Any]) -> tuple[Callable[[], Record], Callable[[Record], None], Callable[[Record], object]]:
    key = None if case["key"] is None else raw(case["key"])
    return (
        lambda: parse_record(raw(case["record"])),
        lambda record: verify_record(record, raw(case["public"])),
        lambda record: open_body(record, key),
    )


@pytest.mark.parametrize("case", named(load("records")["good"]))
def test_a_record_is_parsed_verified_and_opened(case: dict[str, Any]) -> None:
    parse, verified, opened = steps(case)
    record = parse()
    verified(record)
    assert opened(record) == from_json(case["event"])
    assert record.header() == raw(case["header"])
    assert record.hash == raw(case["hash"])
    assert record.encoded() == raw(case["record"])


@pytest.mark.parametrize("case", named(load("records")["bad"]))
def test_a_bad_record_is_refused_at_its_step_and_no_other(case: dict[str, Any]) -> None:
    parse, verified, opened = steps(case)
    if case["step"] == "parse":
        refused(case["kind"], parse)
        return
    record = parse()
    if case["step"] == "verify":
        refused(case["kind"], lambda: verified(record))
        return
    verified(record)
    refused(case["kind"], lambda: opened(record))


def test_a_record_of_a_later_version_is_verified_and_kept_and_waits_for_an_upgrade() -> None:
    parse, verified, opened = steps(load("records")["later"])
    record = parse()
    verified(record)
    assert record.encoded() == raw(load("records")["later"]["record"])
    with pytest.raises(NeedsUpgrade):
        opened(record)


# Chains


@pytest.mark.parametrize("case", named(load("chains")))
def test_a_stream_is_judged_record_by_record(case: dict[str, Any]) -> None:
    chain = Chain(case["stream"])
    assert case["arrivals"]
    for arrival in case["arrivals"]:
        record = parse_record(raw(arrival["record"]))
        verdict = chain.check(record, arrival["stored"] and raw(arrival["stored"]))
        assert verdict == Verdict(arrival["verdict"])
        if verdict in ACCEPTABLE:
            chain.accept(record)


def test_every_verdict_is_told_in_some_story() -> None:
    told = {arrival["verdict"] for story in load("chains") for arrival in story["arrivals"]}
    assert told == {verdict.value for verdict in Verdict}


# Credentials


def trust_of(vectors: dict[str, Any]) -> Trust:
    trust = Trust([parse_credential(raw(vectors["root"]))])
    for case in vectors["good"]:
        trust.add(parse_credential(raw(case["credential"])))
    return trust


def test_credentials_hang_on_their_root() -> None:
    vectors = load("credentials")
    trust = trust_of(vectors)
    assert vectors["good"]
    for case in vectors["good"]:
        held = trust.signer(raw(case["id"]))
        assert held is not None
        assert held.encoded() == raw(case["credential"])


@pytest.mark.parametrize("case", named(load("credentials")["bad"]))
def test_a_bad_credential_is_refused_at_its_step(case: dict[str, Any]) -> None:
    trust = trust_of(load("credentials"))
    if case["step"] == "parse":
        refused(case["kind"], lambda: parse_credential(raw(case["credential"])))
        return
    credential = parse_credential(raw(case["credential"]))
    before = trust.credentials()
    refused(case["kind"], lambda: trust.add(credential))
    assert trust.credentials() == before


# Wire cases, three ways: whole above, and here cut short everywhere and with bytes behind them.

READERS: list[tuple[str, Callable[[bytes], object], list[bytes]]] = [
    ("encoding", decode, [raw(case["bytes"]) for case in load("encoding")["good"]]),
    ("records", parse_record, [raw(case["record"]) for case in load("records")["good"]]),
    ("credentials", parse_credential, [raw(case["credential"]) for case in load("credentials")["good"]]),
    (
        "compression",
        lambda data: decompress(data, max_size=1 << 16),
        [raw(case["compressed"]) for case in load("compression")["good"]],
    ),
]


@pytest.mark.parametrize(("read", "wires"), [pytest.param(*case[1:], id=case[0]) for case in READERS])
def test_bytes_cut_short_anywhere_or_followed_by_more_are_refused(
    read: Callable[[bytes], object], wires: list[bytes]
) -> None:
    assert wires
    for wire in wires:
        read(wire)
        for end in range(len(wire)):
            with pytest.raises(PeerError):
                read(wire[:end])
        for more in (b"\0", b"\xc0", wire):
            with pytest.raises(PeerError):
                read(wire + more)
