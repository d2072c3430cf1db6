"""One prefecture and one annexe, each a process of its own with a folder of its own: what demo and selftest play on.

    FOLDER/authority/     the prefecture IT's authority      (mulhaqa-provision)
    FOLDER/prefecture/    the server's data                  (mulhaqa-central)
    FOLDER/berkane-05/    the annexe's data                  (mulhaqa-edge)
    FOLDER/sticks/        the USB sticks of this annexe: a folder plays one
    FOLDER/screens.json   what makes the stage's own browsers its paired screens (pairing.py)
    FOLDER/logs/          what the two processes say
    FOLDER/stage.*        whose the folder is, and whether it was finished (ground.py)

Everything is done by the commands that people type, one process each, in the order in which prefecture IT would: the
stage is also their rehearsal. Secret files that were only needed on the way (seeds, the annexe's keys) are destroyed.
"""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from launcher import pairing
from launcher.ground import Ground
from launcher.processes import Done, Process, environment
from launcher.progress import Refusal

ANNEXE = "berkane-05"
HOST = "127.0.0.1"
STICK = "CLE-USB"  # as a stick is labelled: the page names it so

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in with a password: at the annexe (`at` "annexe") or at the prefecture ("prefecture")."""

    at: str
    login: str
    role: str
    name_fr: str
    name_ar: str
    password: str = field(repr=False)


AGENTS = (
    Person("annexe", "samira", "clerk", "Samira Ouali", "سميرة الوالي", "guichet-berkane-5"),
    Person("annexe", "youssef", "authority", "Youssef Tahiri", "يوسف الطاهري", "decision-berkane-5"),
    Person("annexe", "nadia", "admin", "Nadia Benali", "نادية بنعلي", "machine-berkane-5"),
    Person("prefecture", "karim", "officer", "Karim Zerouali", "كريم الزروالي", "prefecture-berkane"),
)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the annexe and the prefecture serve, on this machine alone."""

    edge: int
    centre: int


def free_ports() -> Ports:
    """Two ports that nobody listens on at this moment."""
    with socket.socket() as one, socket.socket() as other:
        one.bind((HOST, 0))
        other.bind((HOST, 0))
        return Ports(one.getsockname()[1], other.getsockname()[1])


def taken(port: int) -> bool:
    """Whether another program listens on `port`, at either address that a browser may take for `localhost`."""
    return any(_listens(family, host, port) for family, host in ((socket.AF_INET, HOST), (socket.AF_INET6, "::1")))


def _listens(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error.errno == errno.EADDRINUSE  # any other: a machine without IPv6 has nobody there
    return False


class Stage:
    """A prefecture and an annexe in `folder`: made once, then started and stopped as often as wanted."""

    def __init__(
        self, folder: Path, ports: Ports, *, say: Say, settings: Sequence[str] = (), agents: Sequence[Person] = AGENTS
    ) -> None:
        self.ground = Ground(folder)
        self.folder = self.ground.folder
        self.ports = ports
        self.agents = agents
        self._say = say
        self.stick = self.folder / "sticks" / STICK
        self._screens = self.folder / "screens.json"
        logs = self.folder / "logs"
        self.centre = Process(
            "prefecture", ["-m", "central", "run", "--data", self._in("prefecture"), "--port", str(ports.centre)],
            f"{self.centre_url}/health", logs / "prefecture.log",
        )  # fmt: skip
        self.edge = Process(
            ANNEXE, ["-m", "edge", "run", "--data", self._in(ANNEXE), "--plain-http", "--port", str(ports.edge),
             "--centre-url", self.centre_url, "--verify-url", self.verify_url,
             "--devices", "simulated", "--sticks", str(self.stick.parent), *settings],
            f"{self.edge_url}/health", logs / f"{ANNEXE}.log",
        )  # fmt: skip

    @property
    def edge_url(self) -> str:
        """Where the annexe's screens are."""
        return f"http://localhost:{self.ports.edge}"

    @property
    def centre_url(self) -> str:
        """Where the prefecture's pages are."""
        return f"http://localhost:{self.ports.centre}"

    @property
    def verify_url(self) -> str:
        """Where anyone checks a certificate; printed on it."""
        return f"{self.centre_url}/verify"

    @property
    def edge_data(self) -> Path:
        """The annexe's data folder."""
        return self.folder / ANNEXE

    @property
    def centre_data(self) -> Path:
        """The prefecture's data folder."""
        return self.folder / "prefecture"

    def person(self, role: str) -> Person:
        """The agent who has a role on this stage."""
        return next(person for person in self.agents if person.role == role)

    def make(self) -> None:
        """Provision and install everything, by the commands that people type."""
        self.ground.begin()
        (self.folder / "logs").mkdir(mode=0o700)
        self._make_prefecture()
        self._make_annexe()
        for person in self.agents:
            self._add(person)
        self.ground.finish({"annexe": ANNEXE, "edge": self.ports.edge, "centre": self.ports.centre})

    @property
    def cookies(self) -> dict[str, str]:
        """What makes a browser a paired screen of each kind; nothing before `pair`."""
        return pairing.read(self._screens)

    def invite(self, minutes: int = 10) -> dict[str, str]:
        """Invite a screen of each kind at the appliance; the address that pairs it, by kind."""
        kinds = [word for kind in pairing.KINDS for word in ("--kind", kind)]
        words = ["--data", self._in(ANNEXE), "--origin", self.edge_url, "--minutes", str(minutes), "--json"]
        return pairing.addresses(self.command("edge", "screens", "pair", *words, *kinds).out)

    def pair(self) -> None:
        """Pair the stage's own browsers, unless an earlier start has; the annexe must run."""
        if not self._screens.exists():
            pairing.keep(self._screens, pairing.paired(self.edge_url, self.invite()))

    def start(self, *, centre: bool = True, pair: bool = True) -> None:
        """Start both, the prefecture first, and wait until each answers; or the annexe alone.

        `pair`: pair the stage's own browsers too; where people open browsers of theirs, nobody needs them.
        """
        for port in (self.ports.centre, self.ports.edge):
            if taken(port):
                raise Refusal(f"Port {port} is taken by another program: stop it, or choose others with --port.")
        self.stick.mkdir(parents=True, exist_ok=True, mode=0o700)
        if centre:
            self.centre.start()
        self.edge.start()
        if pair:
            self.pair()

    def stop(self) -> None:
        """Stop both cleanly, the annexe first so that it can still deliver."""
        for process in (self.edge, self.centre):
            process.stop()

    def command(self, module: str, *words: str, typed: str = "", may_fail: bool = False) -> Done:
        """Run one of our commands to its end; Refusal with its own words if it fails and may not."""
        done = subprocess.run(
            [sys.executable, "-m", module, *words],
            input=typed,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 and not may_fail:
            raise Refusal(f"This command failed:\n  python -m {module} {' '.join(words)}\n{done.stderr or done.stdout}")
        return Done(done.returncode, done.stdout, done.stderr)

    def _make_prefecture(self) -> None:
        self._say("prefecture: its authority, keys and server")
        seed = self._in("centre.seed")
        self._provision("authority", "init", "--demo", "--out", self._in("authority"))
        self._provision("centre", "--authority", self._in("authority"), "--out", seed)
        self._central("install", seed)
        self._destroy("centre.seed")
        self._say("prefecture: the catalogue of procedures")
        self._central("catalogue", "publish")
        self._say("prefecture: the holidays")
        self._central("calendar", "publish")

    def _make_annexe(self) -> None:
        self._say(f"annexe {ANNEXE}: keys, seals and seed")
        keys, seed, snapshot = (self._in(name) for name in (f"{ANNEXE}.keys", f"{ANNEXE}.seed", "all.snapshot"))
        self._provision(
            "annexe", "--authority", self._in("authority"), "--id", ANNEXE, "--prefix", "B05",
            "--name-fr", "Annexe administrative 5", "--name-ar", "الملحقة الإدارية الخامسة",
            "--town-fr", "Berkane", "--town-ar", "بركان",
            "--province-fr", "Province de Berkane", "--province-ar", "إقليم بركان", "--out", keys,
        )  # fmt: skip
        self._central("annexe", "admit", self._in(f"{ANNEXE}.credential"))
        self._central("snapshot", "--out", snapshot)
        self._provision(
            "seed", "--authority", self._in("authority"), "--annexe", keys, "--centre", self._in("centre.credential"),
            "--centre-url", self.centre_url, "--verify-url", self.verify_url,
            "--snapshot", snapshot, "--out", seed,
        )  # fmt: skip
        self._say(f"annexe {ANNEXE}: installed from its seed")
        self.command("edge", "install", "--data", self._in(ANNEXE), seed)
        self._destroy(f"{ANNEXE}.keys", f"{ANNEXE}.seed")

    def _add(self, person: Person) -> None:
        self._say(f"{person.at}: {person.login} signs in as {person.role}")
        words = [
            "--login", person.login, "--role", person.role,
            "--name-fr", person.name_fr, "--name-ar", person.name_ar, "--password-stdin",
        ]  # fmt: skip
        if person.at == "annexe":
            self.command("edge", "add-staff", "--data", self._in(ANNEXE), *words, typed=f"{person.password}\n")
        else:
            self._central("staff", "add", *words, typed=f"{person.password}\n")

    def _provision(self, *words: str) -> None:
        self.command("provisioning", *words)

    def _central(self, *words: str, typed: str = "") -> None:
        self.command("central", *words, "--data", self._in("prefecture"), typed=typed)

    def _destroy(self, *names: str) -> None:
        for name in names:
            (self.folder / name).unlink()

    def _in(self, name: str) -> str:
        return str(self.folder / name)
