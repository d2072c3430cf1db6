"""New pictures take the place of the old ones, all of them."""

from __future__ import annotations

from pathlib import Path

from launcher.pictures import keep


def test_old_pictures_go_and_other_files_stay(tmp_path: Path) -> None:
    taken, folder = tmp_path / "taken", tmp_path / "docs" / "pictures"
    taken.mkdir()
    folder.mkdir(parents=True)
    (taken / "kiosk-ar.png").write_bytes(b"new")
    (folder / "kiosk-ar.png").write_bytes(b"old")
    (folder / "screen-that-is-no-more.png").write_bytes(b"old")
    (folder / "README.md").write_text("kept")
    keep([taken / "kiosk-ar.png"], folder)
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "kiosk-ar.png"]
    assert (folder / "kiosk-ar.png").read_bytes() == b"new"
