"""What a power cut right after an installation may not take back."""

from __future__ import annotations

from pathlib import Path

from disk.durable import make_folder


def test_every_folder_in_which_a_new_name_stands_is_synced(tmp_path: Path) -> None:
    synced: list[Path] = []
    make_folder(tmp_path / "mulhaqa" / "annexe", synced.append)
    assert set(synced) == {tmp_path / "mulhaqa", tmp_path}


def test_a_folder_that_was_there_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "annexe"
    folder.mkdir(mode=0o755)
    synced: list[Path] = []
    make_folder(folder, synced.append)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert synced == []
