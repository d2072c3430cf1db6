"""What the documents show is what the code is."""

from pathlib import Path

from protocol.office.casework import transitions_markdown

DOCS = Path(__file__).parents[2] / "docs"


def test_the_table_of_transitions_in_the_architecture_is_the_codes_own() -> None:
    assert transitions_markdown() in (DOCS / "architecture.md").read_text()


def test_every_decision_is_listed_and_names_what_was_rejected() -> None:
    index = (DOCS / "decisions" / "README.md").read_text()
    pages = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    assert pages
    for page in pages:
        assert f"({page.name})" in index, f"{page.name} is not in the index"
        assert "**Rejected.**" in page.read_text(), f"{page.name} names no rejected option"


def test_every_room_in_the_map_exists() -> None:
    text = (DOCS / "architecture.md").read_text()
    rooms = [row.split("`")[1] for row in text.splitlines() if row.startswith("| `") and "/" in row.split("`")[1]]
    rooms = [room for room in rooms if not room.startswith("(")]
    assert len(rooms) > 10
    for room in rooms:
        assert (DOCS.parent / room).exists(), f"the map names {room}, which is not there"
