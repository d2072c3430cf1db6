"""A day at an annexe whose passphrase is typed at its start, ended by kill -9: `python -m tests.edge.stolen.day DIR`.

A process of its own, for the appliance takes its folder for temporary files (TMPDIR) from whoever starts it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import cast

from PIL import Image

from edge.commands import now_ms
from edge.custody.here import keeper_here
from edge.installation import install, open_installation
from edge.opening import opened_office
from edge.services.staff import StaffForm, add
from launcher import pairing
from launcher.acts.counter import signed_in
from launcher.client import Browser, Form, PageMissing
from launcher.journey import Journey, Step
from launcher.people import Person
from launcher.processes import Done, Process
from launcher.stage import AGENTS, free_ports
from launcher.stage import Person as Agent
from protocol.office.events import Role
from protocol.records.keys import SigningKey
from protocol.records.strongbox import DEMO, Lock
from tests.edge.support import made_seed
from tests.edge.web.support import bill_stays

PHRASE = "quatre pommes vertes sur le toit"
PEOPLE = (
    Person("FA730164", "Zahra Bouskoura", "زهراء بوسكورة", "0663918274", "1991-08-23", "7 passage des Amandiers",
           "850417"),
    Person("FB206931", "Driss Tamsamani", "إدريس التمسماني", "0671530948", "1978-02-11", "31 rue du Puits", "619302"),
)  # fmt: skip
SCAN = "counter: the clerk files a request for person 2"


class Annexe:
    """An annexe alone, installed here and run as its own process: a `Scene` without its prefecture."""

    def __init__(self, folder: Path) -> None:
        self.edge_data = folder / "annexe"
        self.centre_data = folder / "nowhere"
        self.centre_url = "http://127.0.0.1:1"
        port = free_ports().edge
        self.edge_url = f"http://localhost:{port}"
        self.cookies: Mapping[str, str] = {}
        words = ("-m", "edge", "run", "--data", str(self.edge_data), "--plain-http", "--port", str(port), "--no-uplink")
        more = ("--devices", "simulated", "--undo-seconds", "1")
        self.process = Process("annexe", [*words, *more], f"{self.edge_url}/health", folder / "said" / "annexe.log")

    def person(self, role: str) -> Agent:
        """The agent who has a role."""
        return next(one for one in AGENTS if one.role == role)

    def command(self, module: str, *words: str, typed: str = "", may_fail: bool = False) -> Done:
        """No command is typed on such a day."""
        raise NotImplementedError

    def invite(self) -> None:
        """Invite a screen of each kind, while nobody has to be asked for a passphrase."""
        kinds = [word for kind in pairing.KINDS for word in ("--kind", kind)]
        where = ["--data", str(self.edge_data), "--origin", self.edge_url, "--json"]
        command = [sys.executable, "-m", "edge", "screens", "pair", *where, *kinds]
        said = subprocess.run(command, check=True, capture_output=True, text=True)
        self._invited = pairing.addresses(said.stdout)

    def pair(self) -> None:
        """Make the day's browsers its screens."""
        self.cookies = pairing.paired(self.edge_url, self._invited)

    async def install(self, folder: Path) -> bytes:
        """Install it and its agents, and move its key from the card to a passphrase; returns the key."""
        seed = made_seed(folder / "prefecture", documents=(bill_stays(),))
        install(self.edge_data, seed.read_bytes(), os.urandom)
        shutil.rmtree(folder / "prefecture")
        async with opened_office(open_installation(self.edge_data), now_ms, os.urandom) as office:
            for one in AGENTS:
                if one.at == "annexe":
                    form = StaffForm(one.login, one.name_fr, one.name_ar, cast(Role, one.role), one.password)
                    await add(office, office.command(), form)
        self.invite()
        keeper = keeper_here(self.edge_data)
        key = keeper.key()
        keeper.add("passphrase", key, Lock(PHRASE, DEMO))
        keeper.remove(next(one for one in keeper.slots() or () if one.kind == "file"))
        return key


def main() -> int:
    """Play the day; leaves `seen.json` with what was typed and kept, `open/` as it lay while the annexe worked."""
    folder = Path(sys.argv[1])
    (folder / "prefecture").mkdir()
    annexe = Annexe(folder)
    key = asyncio.run(annexe.install(folder))
    opener = threading.Thread(target=unlock, args=(annexe,))
    opener.start()
    try:
        annexe.process.start()
        opener.join()
        annexe.pair()
        journey = Journey(annexe, PEOPLE, SigningKey(bytes(range(32))), folder / "papers")
        picture = play(journey)
        shutil.copytree(annexe.edge_data, folder / "open")
    finally:
        annexe.process.kill()
    papers = [story.certificate for story in journey.stories if story.certificate]
    seen = {"key": key.hex(), "scan": picture.hex(), "papers": [one.hex() for one in papers]}
    (folder / "seen.json").write_text(json.dumps(seen | {"references": journey.references()}))
    return 0


def unlock(annexe: Annexe) -> None:
    """Type the passphrase at /admin, once somebody answers there."""
    while True:
        browser = Browser(annexe.edge_url)
        try:
            page = browser.get("/admin")
            browser.submit(page, page.form(action="/admin", has="passphrase"), {"passphrase": PHRASE})
        except PageMissing:
            if annexe.process.group is not None and not annexe.process.alive:
                return  # it ended: whoever waits for it says why
            threading.Event().wait(0.2)
        else:
            return


def play(journey: Journey) -> bytes:
    """Every step at the annexe, and a scan where a request takes one; returns the picture that was scanned."""
    picture = b""
    for step in journey.at_annexe():
        take(step)
        if step.name == SCAN:
            picture = scan(journey)
    return picture


def take(step: Step) -> None:
    """Act, and see that it holds."""
    step.act()
    if not step.done():
        raise SystemExit(f"did not hold: {step.name}")


def scan(journey: Journey) -> bytes:
    """Send a picture to the piece that stays in the dossier of the second request, as the counter's form does."""
    drawn = BytesIO()
    Image.effect_noise((320, 320), 90).convert("RGB").save(drawn, "PNG")
    picture = drawn.getvalue()
    counter = Browser(journey.scene.edge_url).hold(journey.scene.cookies)
    clerk = signed_in(counter, "counter", journey.scene.person("clerk"))
    page = clerk.get(f"/counter/request/{journey.stories[1].case}")
    form = page.form(action=f"{page.path}/scans")
    clerk.post(form.action, *as_multipart(form, picture, clerk.origin))
    if not re.search(rf"{page.path}/scans/[0-9a-f]+", clerk.get(page.path).body.decode()):
        raise SystemExit("the scan was not kept")
    return picture


def as_multipart(form: Form, picture: bytes, origin: str) -> tuple[bytes, dict[str, str]]:
    """A form with its file, as a browser sends it: body and headers."""
    part = '--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    fields = "".join(part % (name, value) for name, value in form.fields.items() if name != "scan")
    head = f'{fields}--x\r\nContent-Disposition: form-data; name="scan"; filename="piece.png"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Origin": origin}
    return head.encode() + picture + b"\r\n--x--\r\n", headers


if __name__ == "__main__":
    sys.exit(main())
