"""The guide of procedures: what each needs, costs and takes, and a search that forgives spelling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from edge.services.office import Office
from protocol.errors import N_, PersonError
from protocol.office.catalogue import Procedure, Status, Topic
from protocol.office.folding import fold_name

GOOD_ENOUGH = 70
"""Similarity (0 to 100) from which a procedure is shown: "residanse" still finds "résidence", "passeport" does not."""

EACH_WORD = 50
"""Similarity that each single word needs as well: "carte grise" is no "carte nationale"."""

SAY_NOTHING = frozenset(
    {"a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "ma", "mon", "pour", "un", "une"}
    | {"و", "في", "من", "على", "الى", "عن", "ل"}
)
"""Words between the words, folded: they fit everywhere and mean nothing."""

LONGEST_SEARCH = 100
"""Characters of a search; more is no question that a guide can answer."""


ORDER: tuple[Status, ...] = ("active", "received_here", "to_confirm", "elsewhere", "abolished", "abroad_only")
"""What helps most comes first."""

TOPICS: tuple[Topic | None, ...] = (
    "home",
    "family",
    "life",
    "identity",
    "travel",
    "aid",
    "association",
    "property",
    None,
)
"""The events of life in the guide's order: what most people come for comes first."""


@dataclass(frozen=True, slots=True)
class Group:
    """The procedures of one event of life, in the guide's order; None is for those that name none."""

    topic: Topic | None
    procedures: Sequence[Procedure]


async def procedures(office: Office) -> list[Procedure]:
    """Return the newest version of each procedure, those that can be asked for here first, then by event of life."""
    found = await office.published.newest(office.store)
    return sorted(found.values(), key=lambda one: (ORDER.index(one.status), TOPICS.index(one.topic), one.id))


async def procedure(office: Office, procedure_id: str) -> Procedure:
    """Return one procedure; raises PersonError 404 when the guide has none of this id."""
    found = (await office.published.newest(office.store)).get(procedure_id)
    if found is None:
        raise PersonError(N_("The guide has no such procedure. Look for it in the list."), status=404)
    return found


async def by_topic(office: Office) -> list[Group]:
    """Return the whole guide, grouped by event of life; events without a procedure are left out."""
    found = await procedures(office)
    groups = (Group(topic, [one for one in found if one.topic == topic]) for topic in TOPICS)
    return [group for group in groups if group.procedures]


async def search(office: Office, text: str) -> list[Procedure]:
    """Return the procedures that `text` may mean, the likeliest first; all of them when it is empty."""
    wanted = fold_name(text[:LONGEST_SEARCH])
    found = await procedures(office)
    if not wanted:
        return found
    scored = [(_likeness(wanted, each), each) for each in found]
    likely = [(score, each) for score, each in scored if score[0] >= GOOD_ENOUGH]
    return [each for _, each in sorted(likely, key=lambda pair: pair[0], reverse=True)]


def _likeness(wanted: str, procedure: Procedure) -> tuple[float, float]:
    """How well the typed words fit the best of the procedure's names, then how much of that name they say: "vie" is
    the certificate of life before it is that of the continuity of married life."""
    names = (procedure.name.fr, procedure.name.ar, *procedure.keywords)
    typed = _telling(wanted)
    return max((_fit(typed, words), len(typed) / max(len(words), 1)) for words in map(_telling, map(fold_name, names)))


def _telling(folded: str) -> list[str]:
    """The words that mean something; all of them where none does."""
    words = folded.split()
    return [word for word in words if word not in SAY_NOTHING] or words


def _fit(typed: list[str], words: list[str]) -> float:
    """How well the typed words fit a name, 0 to 100: the best word for each, also when only its start was typed."""
    if not words:
        return 0.0
    best = [max(max(fuzz.ratio(one, word), fuzz.ratio(one, word[: len(one)])) for word in words) for one in typed]
    return sum(best) / len(typed) if min(best) >= EACH_WORD else 0.0
