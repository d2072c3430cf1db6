"""What is typed about a person is on the disk only inside what is sealed: not in clear, and not as a plain hash."""

import base64
import hashlib
from pathlib import Path

from edge.store.store import Transaction
from protocol.office.events import AccountViewed
from protocol.records.encoding import Value
from tests.edge.store.life import LIFE, live
from tests.edge.store.scanning import seal
from tests.edge.store.support import (
    CLERK,
    account_opened,
    command,
    open_account,
    staff_added,
    store_in,
    submit,
)

TYPED = [
    "FA123456", "Salma Idrissi", "Idrissi", "سلمى الإدريسي", "الإدريسي", "612345678", "+212612345678", "1990-04-01",
    "rue de Saïdia", "Berkane", "n.amrani", "Nadia Amrani", "نادية العمراني", "Hassan Bennani", "lives at number 12",
    "argon2id", "B05-7K3MQ-2X9RT", "MLQ1:TEXT", "school", "no mobile number",
]  # fmt: skip


def forms(text: str) -> list[bytes]:
    """The ways in which a text may lie in a file."""
    plain = text.encode()
    hashes = [hashlib.new(name, plain).digest() for name in ("sha256", "sha1", "md5", "blake2b", "blake2s")]
    return [
        plain,
        text.encode("utf-16-le"),
        text.encode("utf-16-be"),
        base64.b64encode(plain).rstrip(b"="),
        plain.hex().encode(),
        *hashes,
        *(value.hex().encode() for value in hashes),
        hashlib.blake2b(plain, digest_size=16).digest(),
        hashlib.blake2b(plain, digest_size=32).digest(),
    ]


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_nothing_typed_is_on_the_disk_but_sealed(tmp_path: Path) -> None:
    store_folder = tmp_path / "annexe"
    async with store_in(store_folder) as store:

        async def work(tx: Transaction) -> Value:
            await tx.append("office", staff_added(), key_of=tx.office)
            tx.put_secret("annexe-signing", b"a seed that nobody may read")
            return {"reference": "B05-7K3MQ-2X9RT"}

        await store.execute(command("work"), work)
        account = await open_account(store)
        case = await submit(store, account)
        for number, step in enumerate(LIFE):
            await live(store, case, step, f"life {number}")

        async def look(tx: Transaction) -> Value:
            await tx.append("cases", AccountViewed(by=CLERK, reason="Idrissi"), key_of=account)
            return None

        await store.execute(command("look"), look)
        await seal(store, case, b"%PDF Salma Idrissi", "cdefghijklmnopqr")
        while_open = contents(store_folder)
    closed = contents(store_folder)
    assert any(path.name.endswith("-wal") for path in while_open)
    for held in (while_open, closed):
        for path, data in held.items():
            for text in [*TYPED, "a seed that nobody may read"]:
                for form in forms(text):
                    assert form not in data, f"{text!r} lies in {path.name}"


async def test_the_control_of_the_test_above_finds_what_is_in_clear(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:

        async def slip(tx: Transaction) -> Value:
            tx.put_checkpoint("peer", "FA123456".encode("utf-16-le"))
            return None

        await store.perform(slip)
        data = b"".join(contents(tmp_path).values())
    assert any(form in data for form in forms("FA123456"))


async def test_files_are_the_services_alone(tmp_path: Path) -> None:
    folder = tmp_path / "annexe"
    async with store_in(folder) as store:
        await open_account(store, 1, account_opened())
        modes = {path.name: path.stat().st_mode & 0o077 for path in folder.iterdir()}
    assert set(modes.values()) == {0}, modes
