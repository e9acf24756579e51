"""The fonts are the pinned ones and hold every character of the Chinese standards; a house without them says so."""

from pathlib import Path

import pytest

from paperwork import fonts
from tests.paperwork.specimen import RARE


def test_the_font_files_are_the_pinned_ones() -> None:
    assert fonts.changed() == []


def test_another_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / fonts.SONG.file).write_bytes(b"another font")
    monkeypatch.setattr(fonts, "folder", lambda: tmp_path)
    assert fonts.changed() == [fonts.SONG.file, fonts.HEI.file]


def test_every_character_of_gb_2312_has_a_glyph() -> None:
    rows = [*range(0xA1, 0xAA), *range(0xB0, 0xF8)]
    characters = (bytes((row, cell)).decode("gb2312", "ignore") for row in rows for cell in range(0xA1, 0xFF))
    assert [character for character in characters if character and not fonts.has(character)] == []


def test_rare_names_have_glyphs_and_private_characters_have_none() -> None:
    assert all(fonts.has(character) for character in f"{RARE}□骉")
    assert not any(fonts.has(character) for character in "\ue000\uf8ff\U000f0000\ud800\uffff\U0001f600")
