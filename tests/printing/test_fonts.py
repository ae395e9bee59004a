import re
import subprocess
import zlib

import pypdfium2
import pytest
from reportlab.pdfbase.ttfonts import TTFont

from gjj_desktop.errors import OperatingError
from gjj_desktop.printing import embedding, fonts
from gjj_desktop.printing.marks import Words
from gjj_desktop.printing.sheets import A4, Layout
from gjj_desktop.printing.write import Info, write
from tests.printing.samples import text_of

RARE = "王𠮷 陈㐂 赵䶮 郑𬎆 𠀀 古丽努尔·买买提"


def pdf_of(text: str) -> bytes:
    return write([[Words(60, 80, text, 12)]], A4, Layout(), Info("样张", "测试"))


def test_rare_names_can_be_copied_and_searched_with_poppler():
    assert RARE in text_of(pdf_of(RARE))


def test_rare_names_can_be_copied_and_searched_with_pdfium():
    document = pypdfium2.PdfDocument(pdf_of(RARE))
    page = document[0].get_textpage()
    assert page.get_text_bounded() == RARE
    # PDFium's own search finds nothing above U+FFFF in any document, so it is asked for the rest.
    for name in ("陈㐂", "赵䶮", "古丽努尔·买买提"):
        assert page.search(name).get_next() is not None


def test_without_the_mend_names_above_the_basic_plane_are_lost(monkeypatch):
    monkeypatch.setattr(embedding.EmbeddedFace, "addObjects", TTFont.addObjects)
    assert "𠮷" not in text_of(pdf_of(RARE))


def test_the_unicode_map_writes_surrogate_pairs_in_blocks_of_a_hundred():
    text = embedding.to_unicode_map("Face", [0x20BB7] + [0x4E00 + number for number in range(149)])
    assert "<00> <D842DFB7>" in text
    assert re.findall(r"(\d+) beginbfchar", text) == ["100", "50"]


def test_every_name_is_drawn_by_a_face_that_has_it_never_as_a_box():
    faces = {character: face.fontName for face, stretch in fonts.runs(fonts.TEXT, RARE) for character in stretch}
    assert faces["王"] != faces["𠮷"]
    for face, stretch in fonts.runs(fonts.TEXT, RARE):
        assert all(face.draws(character) for character in stretch)
    assert "".join(stretch for _, stretch in fonts.runs(fonts.TEXT, RARE)) == RARE


def test_only_embedded_faces_are_in_the_pdf():
    done = subprocess.run(["pdffonts", "-"], input=pdf_of(RARE), capture_output=True, check=True)
    lines = done.stdout.decode().splitlines()[2:]
    used = [line.split() for line in lines]
    assert sum(line[-5:-2] == ["yes", "yes", "yes"] for line in used) >= 2


def test_characters_no_face_has_are_told_before_anything_is_printed():
    assert fonts.unprintable("王\ue000锦\U000e0100\ue000") == "\ue000\U000e0100"
    assert fonts.unprintable(RARE) == ""
    with pytest.raises(OperatingError, match="U\\+E000"):
        pdf_of("\ue000")


def test_general_standard_characters_of_names_print():
    level_one = "".join(
        bytes((high, low)).decode("gb2312")
        for high in range(0xB0, 0xD8)
        for low in range(0xA1, 0xFF)
        if (high, low) < (0xD7, 0xFA)
    )
    assert fonts.unprintable(level_one) == ""


def test_a_machine_without_a_chinese_face_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(fonts, "font_files", dict)
    fonts.chain.cache_clear()
    try:
        with pytest.raises(OperatingError) as error:
            fonts.chain(fonts.TEXT)
    finally:
        fonts.chain.cache_clear()
    assert "字体" in error.value.what
    assert "安装" in error.value.what_to_do


def test_song_leaves_punctuation_it_sets_in_the_middle_to_another_face():
    uming = [source for source in fonts.chain(fonts.SONG) if source.family == "AR PL UMing CN"]
    if not uming:
        pytest.skip("another song face is installed")
    face = fonts.face_of(fonts.SONG, "。")
    assert face is not None
    assert not face.fontName.startswith("uming")


def test_streams_are_compressed():
    pdf = pdf_of("压缩")
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S)
    assert streams
    assert b"/FlateDecode" in pdf
    assert zlib.crc32(pdf) == zlib.crc32(pdf_of("压缩"))
