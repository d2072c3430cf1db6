"""A day at an annexe whose passphrase is typed at its start, ended by kill -9: `python -m tests.edge.stolen.day DIR`.

A process of its own, for the appliance takes its folder for temporary files (TMPDIR) from whoever starts it.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import threading
from io import BytesIO
from pathlib import Path

from PIL import Image

from launcher.client import Browser, PageMissing
from launcher.journey import Journey, Step
from launcher.people import Person
from launcher.stage import Stage, free_ports
from protocol.records.keys import SigningKey

PHRASE = "quatre pommes vertes sur le toit"
PEOPLE = (
    Person("FA730164", "Zahra Bouskoura", "زهراء بوسكورة", "0663918274", "1991-08-23", "7 passage des Amandiers",
           "850417"),
    Person("FB206931", "Driss Tamsamani", "إدريس التمسماني", "0671530948", "1978-02-11", "31 rue du Puits", "619302"),
)  # fmt: skip
SCAN = "counter: the clerk files a request for person 2"


def main() -> int:
    """Play the day; leaves `seen.json` with what was typed and kept, `open/` as it lay while the annexe worked."""
    folder = Path(sys.argv[1])
    stage = Stage(folder / "stage", free_ports(), say=lambda _line: None, settings=("--undo-seconds", "1"))
    stage.make()
    key = (stage.edge_data / "vault.key").read_bytes()
    phrase = folder / "phrase"
    phrase.write_text(PHRASE)
    data = ("--data", str(stage.edge_data))
    stage.command("edge", "custody", "add", *data, "passphrase", "--new-passphrase-file", str(phrase))
    stage.command("edge", "custody", "remove", *data, "file")
    opener = threading.Thread(target=unlock, args=(stage,))
    opener.start()
    try:
        stage.start(centre=False)
        opener.join()
        journey = Journey(stage, PEOPLE, SigningKey(bytes(range(32))), folder / "papers")
        picture = play(journey)
        shutil.copytree(stage.edge_data, folder / "open")
    finally:
        stage.edge.kill()
    papers = [story.certificate for story in journey.stories if story.certificate]
    seen = {"key": key.hex(), "scan": picture.hex(), "papers": [one.hex() for one in papers]}
    (folder / "seen.json").write_text(json.dumps(seen | {"references": journey.references()}))
    return 0


def unlock(stage: Stage) -> None:
    """Type the passphrase at /admin, once somebody answers there."""
    while True:
        browser = Browser(stage.edge_url)
        try:
            page = browser.get("/admin")
            browser.submit(page, page.form(action="/admin", has="passphrase"), {"passphrase": PHRASE})
        except PageMissing:
            if not stage.edge.alive and stage.edge.group is not None:
                return
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
    """Send a picture to the first piece that stays in the dossier, as the counter's form does."""
    drawn = BytesIO()
    Image.effect_noise((320, 320), 90).convert("RGB").save(drawn, "PNG")
    picture = drawn.getvalue()
    counter, path = journey.counter, f"/counter/request/{journey.stories[1].case}"
    page = counter._get(path)
    form = page.form(action=f"{path}/scans")
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in form.fields.items()]
    head = "".join(parts) + '--x\r\nContent-Disposition: form-data; name="scan"; filename="piece.png"\r\n\r\n'
    browser = counter._browser
    if browser is None:
        raise SystemExit("the clerk is not signed in")
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Origin": browser.origin}
    browser.post(f"{path}/scans", head.encode() + picture + b"\r\n--x--\r\n", headers)
    if not re.search(rf"{path}/scans/[0-9a-f]+", counter._get(path).body.decode()):
        raise SystemExit("the scan was not kept")
    return picture


if __name__ == "__main__":
    sys.exit(main())
