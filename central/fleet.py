"""Telling apart what is wrong with an annexe, from what the prefecture really knows of it. Pure: a table of rules.

- Each rule is a condition, when it holds, its cause and what to do; several may hold at once. The rules stand in the
  order in which somebody should act.
- An annexe of which no rule holds is well. One that was never here is told apart from one that is away.
- An annexe works without the prefecture: *offline* is a fact, and only a worry once it lasts.
- A clock is judged by what the annexe told of it, and by records from the future: one that comes late proves nothing.
- What was told in a conversation is worth something while it goes on, and is kept as the last word when it ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from protocol.errors import N_

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

LONG_MS: Final = 3 * DAY_MS
"""Away for longer than a weekend: nobody switched it off for the night."""

STUCK_MS: Final = 5 * MINUTE_MS
"""Connected, with something to send, and nothing came for so long: the slowest link carries a batch in a minute."""

SLOW_MS: Final = 30 * MINUTE_MS
"""At its present pace it needs longer than this: a citizen who is sent to the prefecture would be there first."""

CLOCK_MS: Final = 5 * MINUTE_MS
"""What a clock may be off: more than one that nobody sets drifts in a month, less than what moves a deadline's day."""

RATE_MS: Final = 10 * MINUTE_MS
"""Over how long the pace is taken."""


class Condition(Enum):
    """What an annexe is; also the label of its figure."""

    WELL = "well"
    NEVER = "never"
    OFFLINE = "offline"
    SLOW = "slow"
    STUCK = "stuck"
    BRANCHED = "branched"
    CLOCK = "wrong-clock"
    LATER = "later-release"


@dataclass(frozen=True, slots=True)
class Observed:
    """What is known of an annexe at `now_ms`. Instants and spans in ms, None for what nobody knows.

    `contact_ms`: it was last heard, by line. `since_ms`: the present conversation began. `arrived_ms`: its last record
    came. `recent`: records that came within `RATE_MS`. `left`: what it last told that it has to send. `ahead_ms`: how
    far its clock was ahead of ours, as told. `future_ms`: how far its last record lay in our future when it came.
    `later`: its records that only a later release of ours can read.
    """

    now_ms: int
    connected: bool
    contact_ms: int | None = None
    since_ms: int | None = None
    arrived_ms: int | None = None
    recent: int = 0
    left: int | None = None
    holes: int = 0
    branches: int = 0
    one_machine: bool = False
    succession: bool = False
    ahead_ms: int | None = None
    future_ms: int = 0
    later: int = 0

    @property
    def ever(self) -> bool:
        """Whether anything ever came from it, by line or by stick."""
        return self.contact_ms is not None or self.arrived_ms is not None

    @property
    def away_ms(self) -> int:
        """How long it has not been heard; 0 while it is connected."""
        return 0 if self.connected else self.now_ms - max(self.contact_ms or 0, self.arrived_ms or 0)

    @property
    def needs_ms(self) -> int | None:
        """How long it needs for what is left, at its present pace; None where there is none to tell by."""
        if not self.connected or not self.left or self.recent <= 0:
            return None
        return self.left * RATE_MS // self.recent

    @property
    def silent_ms(self) -> int:
        """For how long it has been connected with something to send, and nothing came."""
        if not self.connected or not self.left or self.since_ms is None:
            return 0
        return self.now_ms - max(self.since_ms, self.arrived_ms or 0)


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition: when it holds, why, and what to do about it (msgids)."""

    condition: Condition
    holds: Callable[[Observed], bool]
    cause: str
    do: str


RULES: Final = (
    Rule(
        Condition.BRANCHED,
        lambda one: one.branches > 0 and not one.one_machine and not one.succession,
        N_("Two machines write in the name of this annexe: its card was cloned. All of it is kept."),
        N_("Ask the annexe which machine is in use; have the other switched off and its card destroyed."),
    ),
    Rule(
        Condition.BRANCHED,
        lambda one: one.branches > 0 and one.one_machine and not one.succession,
        N_("The card was put back to an earlier state, and the machine wrote on. All of it is kept."),
        N_("Have the requests that are in conflict looked at; nothing else needs to be done."),
    ),
    Rule(
        Condition.BRANCHED,
        lambda one: one.branches > 0 and one.succession,
        N_("A standby took the appliance's place before it held all that this one had written. All of it is kept."),
        N_("Have the requests that are in conflict looked at; nothing else needs to be done."),
    ),
    Rule(
        Condition.STUCK,
        lambda one: one.holes > 0,
        N_("Records of its log are missing or cannot be believed. What follows them is here all the same."),
        N_("It is asked for them at each contact. If they stay missing, have the disk of the appliance looked at."),
    ),
    Rule(
        Condition.STUCK,
        lambda one: one.silent_ms >= STUCK_MS,
        N_("It is connected and has records to send, and none arrives: something on the way lets nothing through."),
        N_("Have the appliance's link looked at (a proxy, an exhausted data plan), or let a USB stick carry them."),
    ),
    Rule(
        Condition.CLOCK,
        lambda one: abs(one.ahead_ms or 0) > CLOCK_MS or one.future_ms > CLOCK_MS,
        N_("The clock of the appliance is wrong: its times and deadlines cannot be relied upon."),
        N_("Have its date and time set, and its battery looked at. What it wrote keeps its order."),
    ),
    Rule(
        Condition.LATER,
        lambda one: one.later > 0,
        N_("A later release than this server's wrote some of its records: they cannot be read here. All are kept."),
        N_("Upgrade the prefecture's server. Until then the requests concerned are frozen here, not at the annexe."),
    ),
    Rule(
        Condition.NEVER,
        lambda one: not one.connected and not one.ever,
        N_("Nothing has come from it yet. It works all the same."),
        N_("Have it connected once, or bring a USB stick that it has written."),
    ),
    Rule(
        Condition.OFFLINE,
        lambda one: not one.connected and one.ever and one.away_ms >= LONG_MS,
        N_("It has not been heard for days: its power, its Internet line or its appliance failed."),
        N_("Call the annexe. If it works and the line is down, have a USB stick brought."),
    ),
    Rule(
        Condition.OFFLINE,
        lambda one: not one.connected and one.ever and one.away_ms < LONG_MS,
        N_("There is no link at the moment; at night and on holidays that is usual."),
        N_("Nothing for now: it works without a link and sends everything later."),
    ),
    Rule(
        Condition.SLOW,
        lambda one: (one.needs_ms or 0) > SLOW_MS,
        N_("Its link carries less than it has to send. Requests go first, then the rest."),
        N_("Wait, or let a USB stick carry the rest. If it stays so, ask for a better line."),
    ),
)
"""In the order in which somebody should act."""


def found(one: Observed) -> tuple[Rule, ...]:
    """The rules that hold of an annexe, the most urgent first; none when it is well."""
    return tuple(rule for rule in RULES if rule.holds(one))


def conditions(one: Observed) -> tuple[Condition, ...]:
    """What it is, each condition once, the most urgent first: `WELL` alone when nothing else."""
    return tuple(dict.fromkeys(rule.condition for rule in found(one))) or (Condition.WELL,)
