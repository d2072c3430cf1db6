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

from launcher.acts.counter import signed_in
from launcher.client import Browser, Form, PageMissing
from launcher.journey import Journey, Step
from launcher.people import Person
from launcher.stage import Stage, free_ports
from protocol.records.keys import SigningKey

ROOT = Path(__file__).parents[3]
LEFT = "left\n    legal_basis: { ar: نص هذا الاختبار, fr: le texte de cet essai }"
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
    keep_bills(stage)
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


def keep_bills(stage: Stage) -> None:
    """Let the bill stay in the dossier of a residence certificate, so that it is scanned: published, and carried."""
    catalogue, stick = stage.folder / "catalogue", stage.folder / "carried"
    catalogue.mkdir()
    stick.mkdir()
    ours = (ROOT / "central" / "catalogue" / "residence-autorite-locale.yaml").read_text("utf-8")
    before, bill = ours.split("  - id: facture", 1)
    left = f"{before}  - id: facture{bill.replace('original_shown', LEFT, 1)}"
    (catalogue / "residence-autorite-locale.yaml").write_text(left, "utf-8")
    data = ("--data", str(stage.centre_data))
    stage.command("central", "catalogue", "publish", *data, "--folder", str(catalogue))
    stage.command("central", "export", *data, "berkane-05", str(stick))
    stage.command("edge", "import", "--data", str(stage.edge_data), str(stick))


def scan(journey: Journey) -> bytes:
    """Send a picture to the piece that stays in the dossier of the second request, as the counter's form does."""
    drawn = BytesIO()
    Image.effect_noise((320, 320), 90).convert("RGB").save(drawn, "PNG")
    picture = drawn.getvalue()
    clerk = signed_in(Browser(journey.scene.edge_url), "counter", journey.scene.person("clerk"))
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
