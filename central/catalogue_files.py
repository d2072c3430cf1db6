"""The catalogue's files: read whole, checked against the schema and the law, published as one.

Nothing is published unless all of it may be: an annexe never works by half a catalogue. A version that stands in the
feed already is left as it is; the same version with another text is refused, for cases were opened under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from central.centre import Centre
from protocol.errors import OperatorError, PeerError
from protocol.office.catalogue import Procedure, check_law, parse_procedure, procedure_value

FOLDER = Path(__file__).parent / "catalogue"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that keeps a file from being published, as a sentence."""

    path: Path
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Checked:
    """A folder's procedures, by file name, and what is wrong with its files."""

    procedures: tuple[Procedure, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """What came of publishing: ids with their version ("residence-police 1")."""

    new: tuple[str, ...]
    known: tuple[str, ...]


def read_catalogue(folder: Path = FOLDER) -> list[Procedure]:
    """Every procedure of the folder's .yaml files, by file name; OperatorError with every finding when there is one."""
    checked = check_catalogue(folder)
    if checked.findings:
        found = "\n".join(f"  {finding}" for finding in checked.findings)
        raise OperatorError(f"Nothing is published from {folder} until this is mended:\n{found}")
    return list(checked.procedures)


def check_catalogue(folder: Path = FOLDER) -> Checked:
    """Check every .yaml file of the folder; OperatorError when there is none to check."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise OperatorError(f"{folder} holds no procedure: name the folder of the catalogue's .yaml files.")
    procedures: list[Procedure] = []
    findings: list[Finding] = []
    for path in files:
        try:
            procedure = _read(path)
        except OperatorError as error:
            findings.append(Finding(path, str(error)))
            continue
        procedures.append(procedure)
        findings += [Finding(path, sentence) for sentence in (*_misnamed(path, procedure), *check_law(procedure))]
    return Checked(tuple(procedures), tuple(findings))


def _misnamed(path: Path, procedure: Procedure) -> list[str]:
    """A file is named after its procedure: so no two files can be the same one."""
    if path.stem == procedure.id:
        return []
    return [f"it holds the procedure {procedure.id}: name the file {procedure.id}.yaml, or correct the id"]


def _read(path: Path) -> Procedure:
    try:
        return parse_procedure(yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader))  # noqa: S506 - a safe loader
    except (OSError, UnicodeDecodeError, yaml.YAMLError, PeerError) as error:
        raise OperatorError(f"it cannot be read as a procedure: {' '.join(str(error).split())}") from error


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, which also refuses a key that is written twice: the first text would be lost in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        keys = [key.value for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"{twice[0]!r} is written twice in one place", node.start_mark
            )
        found: dict[object, object] = super().construct_mapping(node, deep)
        return found


async def publish_catalogue(centre: Centre, procedures: Sequence[Procedure]) -> Published:
    """Publish in `all` what is new; OperatorError, with nothing published, when a published text was changed."""
    known = {(one.procedure.id, one.procedure.version): one for one in await centre.queries.catalogue_versions()}
    newest = dict(sorted(known))
    fresh: list[Procedure] = []
    old: list[Procedure] = []
    for procedure in procedures:
        stands = known.get((procedure.id, procedure.version))
        if stands is None and procedure.version <= newest.get(procedure.id, 0):
            raise OperatorError(
                f"{procedure.id}: version {newest[procedure.id]} is published; a new text needs a higher one."
            )
        if stands is not None and procedure_value(stands.procedure) != procedure_value(procedure):
            raise OperatorError(
                f"{procedure.id}: version {procedure.version} is published with another text: raise its version."
            )
        (fresh if stands is None else old).append(procedure)
    await centre.feeds.publish_procedures([procedure_value(procedure) for procedure in fresh])
    return Published(tuple(map(_named, fresh)), tuple(map(_named, old)))


def _named(procedure: Procedure) -> str:
    return f"{procedure.id} {procedure.version}"
