"""Sessions: who sits at a screen, held in this process's memory and nowhere else.

Rules:

- The server is the truth. A browser holds a random id in a cookie; everything else (the signed-in person, drafts of
  forms, the CSRF token) is here, and is gone when the session ends or the process does.
- The id has 32 random bytes and is drawn anew when someone signs in, so that nobody fixes another's session.
- A session that idles past its area's limit does not exist any more, whatever the browser believes.
- Where devices are known (`device`, empty where they are not), a session stays on the one that it began on: its id
  opens nothing on another.
- Each area (kiosk, counter, ...) has a cookie of its own path, so that one browser never carries a citizen's
  session into a staff screen or the other way round.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MOST_SESSIONS = 5_000
"""Sessions held at once: an annexe has a dozen screens. A flood of made-up visitors drops the oldest idle ones
instead of filling the Pi's memory; a session is a few kilobytes at most, so this is some 20 MB."""


@dataclass(slots=True)
class Session:
    """One sitting at one screen. `data` holds drafts and notices, by name; `principal` whoever signed in."""

    id: str
    area: str
    csrf: str
    idle_ms: int
    touched_ms: int
    device: str = ""
    principal: Any = None
    data: dict[str, Any] = field(default_factory=dict)

    def over(self, now_ms: int) -> bool:
        """Say whether it has idled past its limit. A clock that stepped back ends nothing early."""
        return now_ms - self.touched_ms >= self.idle_ms


class Sessions:
    """All sessions of one process; `entropy(n)` gives n random bytes, `now()` milliseconds."""

    def __init__(self, now: Callable[[], int], entropy: Callable[[int], bytes]) -> None:
        self._now = now
        self._entropy = entropy
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, area: str, idle_ms: int, device: str = "") -> Session:
        """Begin a session for a visitor who has not signed in."""
        session = Session(self._token(), area, self._token(), idle_ms, self._now(), device)
        self._keep(session)
        return session

    def find(self, identifier: str, area: str, device: str = "") -> Session | None:
        """Return the living session of this id in this area on this device, or None; an idle one ends here and now."""
        session = self._sessions.get(identifier)
        if session is None or session.area != area or session.device != device:
            return None
        if session.over(self._now()):
            self.close(session)
            return None
        return session

    def touch(self, session: Session) -> None:
        """Note that the person is still there."""
        session.touched_ms = self._now()
        self._sessions.move_to_end(session.id)

    def sign_in(self, session: Session, principal: object) -> None:
        """Give the session its person, under a new id and a new CSRF token; what came before is forgotten."""
        self._sessions.pop(session.id, None)
        session.id, session.csrf = self._token(), self._token()
        session.principal = principal
        session.data.clear()
        self._keep(session)
        self.touch(session)

    def close(self, session: Session) -> None:
        """End it: nobody comes back to it, not even with the cookie."""
        self._sessions.pop(session.id, None)
        session.principal = None
        session.data.clear()

    def close_all(self, chosen: Callable[[Any], bool]) -> int:
        """End every session whose signed-in person is `chosen`; return how many."""
        over = [one for one in self._sessions.values() if one.principal is not None and chosen(one.principal)]
        for session in over:
            self.close(session)
        return len(over)

    def close_on(self, device: str) -> None:
        """End every session on a device, whoever sits there."""
        for session in [one for one in self._sessions.values() if one.device == device]:
            self.close(session)

    def alive(self, session: Session) -> bool:
        """Say whether it still exists and has not idled away."""
        return self.find(session.id, session.area, session.device) is session

    def sweep(self) -> int:
        """End every session that has idled away; return how many."""
        over = [session for session in self._sessions.values() if session.over(self._now())]
        for session in over:
            self.close(session)
        return len(over)

    def _keep(self, session: Session) -> None:
        self._sessions[session.id] = session
        while len(self._sessions) > MOST_SESSIONS:
            self.close(self._oldest())

    def _oldest(self) -> Session:
        """The session longest untouched: a visitor's before a signed-in person's, a strange device's before both."""
        every = self._sessions.values()
        strangers = (session for session in every if session.principal is None and not session.device)
        visitors = (session for session in every if session.principal is None)
        return next(strangers, None) or next(visitors, None) or next(iter(every))

    def _token(self) -> str:
        return self._entropy(32).hex()
