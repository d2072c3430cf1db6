import pytest

from edge.store.names import NameIndex

PEOPLE = {
    b"salma": ("Salma El Idrissi", "سلمى الإدريسي"),
    b"ahmed": ("Ahmed Benali", "أحمد بنعلي"),
    b"fatima": ("Fatima-Zahra Aït Ouahmane", "فاطمة الزهراء أيت وحمان"),
    b"mohamed": ("Mohamed Amrani", "محمد العمراني"),
    b"mohammed": ("Mohammed Alaoui", "محمد العلوي"),
}


@pytest.fixture
def index() -> NameIndex:
    index = NameIndex()
    for subject, names in PEOPLE.items():
        index.put(subject, names)
    return index


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("salma el idrissi", b"salma"),
        ("IDRISSI Salma", b"salma"),
        ("idrisi", b"salma"),
        ("سلمى الادريسي", b"salma"),
        ("سلمي", b"salma"),
        ("ben ali", b"ahmed"),
        ("benali ahmad", b"ahmed"),
        ("احمد", b"ahmed"),
        ("أحـــمد", b"ahmed"),
        ("ait", b"fatima"),
        ("fatima zahra", b"fatima"),
        ("fatimazahra", b"fatima"),
        ("فاطمه", b"fatima"),
        ("mohamed amr", b"mohamed"),
    ],
)
def test_a_name_is_found_however_it_is_spelt(index: NameIndex, typed: str, found: bytes) -> None:
    assert index.search(typed, 5)[0] == found


@pytest.mark.parametrize("typed", ["", "   ", "…", "belarbi", "xyz", "salma benali", "12345"])
def test_what_resembles_nobody_finds_nobody(index: NameIndex, typed: str) -> None:
    assert index.search(typed, 5) == []


def test_the_likeliest_comes_first_and_no_more_than_asked(index: NameIndex) -> None:
    assert index.search("mohamed", 5) == [b"mohamed", b"mohammed"]
    assert index.search("mohamed", 1) == [b"mohamed"]


def test_a_text_far_too_long_is_cut(index: NameIndex) -> None:
    assert index.search("a" * 1_000_000, 5) == []


def test_new_names_take_the_place_of_the_old(index: NameIndex) -> None:
    index.put(b"ahmed", ("Ahmed Tazi",))
    assert index.search("benali", 5) == []
    assert index.search("tazi", 5) == [b"ahmed"]
    index.clear()
    assert len(index) == 0
