"""Proof that the simulator bites: each of these mistakes is put into a copy of the code, and must be found.

They are those that sync engines are known for. `python -m tests.simulation.planted [NAME]` plays them and prints in
which run each was found; it ends with 1 if one was not.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.code_copy import Change, copy_code, variables_of

MOST_RUNS = 400
"""Runs in which a mistake must show: what is not seen in so many is seen too late."""


AT_ONCE = 10
"""Runs between two looks: a code with a mistake in it may run long, and a few are mostly enough."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """`old` stands in `file` exactly once, and becomes `new`. It shows in the ordinary runs, or in `story`."""

    name: str
    file: str
    old: str
    new: str
    story: str = ""


MISTAKES = (
    Mistake(
        "answer before the commit",
        "edge/store/writer.py",
        "            kept = await group.land()\n",
        "            self._tell(group.outcomes)\n            kept = await group.land()\n",
    ),
    Mistake(
        "take a failed fsync for a success",
        "edge/store/group.py",
        "            raise self._pending.failed\n        return self._pending.failed is None\n",
        "            return True\n        return self._pending.failed is None\n",
    ),
    Mistake(
        "do not remember that a command was seen",
        "edge/store/group.py",
        '        self._pending.insert("INSERT INTO commands (id, result, at_ms)", (job.command, sealed, now_ms))\n',
        "",
    ),
    Mistake(
        "do not look for the first answer of a command that was seen",
        "edge/store/group.py",
        "        answered = await self._seen([job.command for job in self.jobs if job.command is not None])\n",
        "        answered: dict[bytes, bytes] = {}\n",
    ),
    Mistake(
        "keep the head of a command that failed",
        "edge/store/group.py",
        "                self._desk.workshop.log.back_to(log)\n                await self._take_back(place, error",
        "                await self._take_back(place, error",
    ),
    Mistake(
        "keep what was decided on top of a group that failed",
        "edge/store/writer.py",
        "        if not await self._settled():\n",
        "        await self._settled()\n        if self._task.done():\n",
    ),
    Mistake(
        "name every segment alike",
        "edge/store/log.py",
        "self._entropy(SEGMENT_SIZE)",
        'b"segment1"',
    ),
    Mistake(
        "write the clock's time, also when it went back",
        "edge/store/log.py",
        "self._next(stream, tip, tick(tip.time, now_ms), event, key)",
        "self._next(stream, tip, Timestamp(now_ms, 0), event, key)",
    ),
    Mistake(
        "send the keys once in a life, not once in a conversation",
        "protocol/sync/sending.py",
        "        return subjects_wanted(pull, records, () if pull.boxed else self._sent_keys)\n",
        '        sent = globals().setdefault("SENT", {}).setdefault(pull.stream, set())\n'
        "        wanted = subjects_wanted(pull, records, sent)\n        sent.update(wanted)\n        return wanted\n",
    ),
    Mistake(
        "take a clock that was set back for one that stood still, in a box",
        "protocol/sync/boxed.py",
        "        step = record.time.ms - last.ms\n        if step < 0 or record.time.counter != "
        "(0 if step else last.counter + 1):\n            return None\n",
        "        step = max(0, record.time.ms - last.ms)\n",
    ),
    Mistake(
        "forget what is to be folded when a batch has several records",
        "central/store/ingest.py",
        "        await self._store.database.put(connection, schema.unfolded, folding, replace=False)\n",
        "        await self._store.database.put(connection, schema.unfolded, folding[:1], replace=False)\n",
    ),
    Mistake(
        "do not raise the counter of checkpoints",
        "central/store/ingest.py",
        '        counter = (row["counter"] if row else 0) + 1\n',
        '        counter = row["counter"] if row else 1\n',
    ),
    Mistake(
        "go on from what was sent, not from what is held",
        "protocol/sync/sending.py",
        "self.streams = {name: Outbound(name) for name in streams}",
        "ever = globals().setdefault\n        "
        'self.streams = {name: ever("".join(order) + name, Outbound(name)) for name in streams}',
    ),
    Mistake(
        "keep the prefecture's keys in memory alone",
        "central/store/ingest.py",
        "        await self._store.put_keys(connection, annexe, taking.needed, taking.prepared.keys)\n",
        "        self._store.remember(annexe, taking.needed)\n",
    ),
    Mistake(
        "fold with the connection, which may be cut",
        "central/connections.py",
        "    def _leave(self) -> None:\n",
        "    def _leave(self) -> None:\n        if self._connections._folding._task is not None:\n"
        "            self._connections._folding._task.cancel()\n",
    ),
    Mistake(
        "wait for a lost answer for ever",
        "protocol/sync/patience.py",
        "        return over\n",
        "        return False\n",
    ),
    Mistake(
        "go on writing when a later epoch writes",
        "edge/store/tail.py",
        "        if latest is not None and latest.epoch > owner.epoch and transaction.post is Post.ANNEXE:\n",
        "        if latest is not None and latest.epoch > owner.epoch and transaction.post is Post.STANDBY:\n",
        "promoted-standby",
    ),
    Mistake(
        "know in memory alone that the standby was promoted",
        "edge/store/transaction.py",
        "        self._put_fact(POST, post.value.encode())\n",
        "",
        "promoted-standby",
    ),
    Mistake(
        "confirm before the standby holds it",
        "edge/sync/in_step.py",
        "        if not self.holds:\n            return\n",
        "        if self.holds:\n            return\n",
        "lost-appliance",
    ),
    Mistake(
        "give the standby no keys",
        "edge/sync/source.py",
        "        return await self._uplink.keys_for(wanted) if wanted else []\n",
        '        return await self._uplink.keys_for(wanted) if wanted and self._role != "primary" else []\n',
        "lost-appliance",
    ),
    Mistake(
        "let the promoted standby begin a log of its own",
        "edge/store/log.py",
        "        return self._open_segment(stream, self._tips.get(stream), now_ms)\n",
        "        return self._open_segment(stream, None, now_ms)\n",
        "lost-appliance",
    ),
    Mistake(
        "fold what another branch wrote as if it were the newest",
        "edge/store/lines.py",
        "        return self._ends.get(stream, NO_PARENT) is not None\n",
        "        return True\n",
    ),
    Mistake(
        "let a number that was given twice be whose came first",
        "edge/store/views/claims.py",
        "    if holders == [first]:\n",
        "    if holders:\n",
    ),
    Mistake(
        "want each scan once in a life, not once in a conversation",
        "protocol/sync/blob_flow.py",
        "        self._asked: set[bytes] = set()\n",
        '        self._asked: set[bytes] = globals().setdefault("ASKED", set())\n',
    ),
    Mistake(
        "count a scan's piece before it is kept",
        "central/store/blobs.py",
        "            await self._store.database.put(connection, schema.blob_pieces, [piece], replace=True)\n",
        "            if came.place % 3 != 2:\n"
        "                await self._store.database.put(connection, schema.blob_pieces, [piece], replace=True)\n",
    ),
    Mistake(
        "want the scans of a case, and not its certificate",
        "central/store/blobs.py",
        "    held = {file.blob: file for file in case.files}\n",
        "    held = {file.blob: file for file in case.scans_held}\n",
    ),
    Mistake(
        "note that a look was told, and tell nothing",
        "central/telling_looks.py",
        "    event = AccountReadAtPrefecture(days=sorted({row.day for row in rows}))\n",
        "    event = AccountReadAtPrefecture(days=[])\n",
    ),
    Mistake(
        "clear away at a start what cases name",
        "edge/store/scans.py",
        "bool(number(held)) for address",
        "not number(held) for address",
    ),
)


def found_in(mistake: Mistake) -> int | None:
    """Play the code with a mistake in it; the seed that shows it, or None."""
    with tempfile.TemporaryDirectory(prefix="mulhaqa-planted-") as folder:
        plant(mistake, Path(folder))
        if mistake.story:
            return 1 if _run(Path(folder), ["--story", mistake.story, "--seed", "1"])["broken"] else None
        for first in range(1, MOST_RUNS, AT_ONCE):
            seed = _play(Path(folder), first, AT_ONCE)
            if seed is not None:
                return seed
    return None


def _play(folder: Path, first: int, runs: int) -> int | None:
    failed = _run(folder, ["--seed", str(first), "--runs", str(runs)])["failed"]
    return min((one["seed"] for one in failed), default=None)


def _run(folder: Path, words: Sequence[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.simulation", "--json", *words]
    variables = {**variables_of(folder), "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def main(names: Sequence[str]) -> int:
    """Play the mistakes of these names, or all; returns the exit status."""
    missed = 0
    for mistake in MISTAKES:
        if names and mistake.name not in names:
            continue
        seed = found_in(mistake)
        missed += seed is None
        print(f"{mistake.name}: {'NOT FOUND' if seed is None else f'found in run {seed}'}", flush=True)
    return 1 if missed else 0


def plant(mistake: Mistake, folder: Path) -> None:
    """Copy the code into `folder` with the mistake in it."""
    copy_code(folder, Change(mistake.file, mistake.old, mistake.new))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
