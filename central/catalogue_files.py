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
class Published:
    """What came of publishing: ids with their version ("residence-police 1")."""

    new: tuple[str, ...]
    known: tuple[str, ...]


def read_catalogue(folder: Path = FOLDER) -> list[Procedure]:
    """Every procedure of the folder's .yaml files, by file name; OperatorError names the file and its fault."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise OperatorError(f"{folder} holds no procedure: name the folder of the catalogue's .yaml files.")
    procedures = [_read(path) for path in files]
    ids = [procedure.id for procedure in procedures]
    for path, name in zip(files, ids, strict=True):
        if ids.count(name) > 1:
            raise OperatorError(f"{path}: another file is procedure {name} too: give it an id of its own.")
    return procedures


def _read(path: Path) -> Procedure:
    try:
        procedure = parse_procedure(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, PeerError) as error:
        raise OperatorError(f"{path} cannot be read as a procedure: {error}") from error
    found = check_law(procedure)
    if found:
        raise OperatorError(f"{path} may not be published:\n" + "\n".join(f"  {finding}" for finding in found))
    return procedure


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
    for procedure in fresh:
        await centre.feeds.publish_procedure(procedure_value(procedure))
    return Published(tuple(map(_named, fresh)), tuple(map(_named, old)))


def _named(procedure: Procedure) -> str:
    return f"{procedure.id} {procedure.version}"
