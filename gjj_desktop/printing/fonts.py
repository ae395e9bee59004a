"""Which TrueType faces does this machine have, and which of them draws a character?"""

import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
from reportlab.pdfbase import pdfmetrics

from gjj_desktop.errors import OperatingError
from gjj_desktop.printing.embedding import EmbeddedFace

TEXT = "text"
SONG = "song"
FANG = "fang"


class Source(msgspec.Struct, frozen=True):
    """Where a family's outlines are kept: file name in any font folder, and its place in a collection.

    `passes` are characters left to the next face, because this one draws them by another region's habit.
    """

    family: str
    file: str
    subfont: int = 0
    passes: str = ""


# First found serves. Only families with TrueType outlines: ReportLab embeds no CFF, which rules out Noto CJK's OTC.
FAMILIES: dict[str, tuple[Source, ...]] = {
    TEXT: (
        Source("Noto Sans SC", "NotoSansSC-Regular.ttf"),
        Source("文泉驿正黑", "wqy-zenhei.ttc"),
        Source("微软雅黑", "msyh.ttc"),
        Source("黑体", "simhei.ttf"),
        Source("文泉驿微米黑", "wqy-microhei.ttc"),
        Source("宋体", "simsun.ttc"),
        Source("AR PL UMing CN", "uming.ttc"),
    ),
    SONG: (
        Source("宋体", "simsun.ttc"),
        Source("Noto Serif SC", "NotoSerifSC-Regular.ttf"),
        Source("AR PL UMing CN", "uming.ttc", passes="、。"),  # sets them in the middle, as in Taiwan
    ),
    FANG: (Source("仿宋", "simfang.ttf"), Source("仿宋_GB2312", "FangSong_GB2312.ttf")),
}
RARE: tuple[Source, ...] = (
    Source("宋体-ExtB", "simsunb.ttf"),
    Source("宋体-ExtG", "SimsunExtG.ttf"),
    Source("HanaMinA", "HanaMinA.ttf"),
    Source("HanaMinB", "HanaMinB.ttf"),
)
# What stands in when a machine has no face of the role.
STANDS_IN: dict[str, tuple[str, ...]] = {TEXT: (TEXT, SONG), SONG: (SONG, TEXT), FANG: (FANG, SONG, TEXT)}
MEND = {
    "linux": "请安装字体：apt-get install fonts-wqy-zenhei fonts-arphic-uming fonts-hanazono",
    "win32": "请在 Windows 设置中安装“简体中文补充字体”",
}


def font_folders() -> list[Path]:
    """The folders of this system that hold fonts, those of the program first."""
    here = Path(__file__).resolve().parents[2] / "resources" / "fonts"
    home = Path.home()
    if sys.platform == "win32":
        windows = Path(os.environ.get("WINDIR", "C:/Windows"))
        return [here, windows / "Fonts", home / "AppData/Local/Microsoft/Windows/Fonts"]
    if sys.platform == "darwin":
        return [here, Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    return [here, home / ".local/share/fonts", Path("/usr/local/share/fonts"), Path("/usr/share/fonts")]


@cache
def font_files() -> dict[str, Path]:
    """Every font file of this machine by its name in lower case; the first folder wins."""
    found: dict[str, Path] = {}
    for folder in font_folders():
        for path in sorted(folder.rglob("*.tt[fc]")) + sorted(folder.rglob("*.TT[FC]")):
            found.setdefault(path.name.lower(), path)
    return found


def sources_here(sources: tuple[Source, ...]) -> list[Source]:
    """Those of `sources` whose file is on this machine, in the same order."""
    return [source for source in sources if source.file.lower() in font_files()]


@cache
def load(file: str, subfont: int) -> EmbeddedFace:
    """The face in a font file of this machine, registered with ReportLab under that file's name."""
    face = EmbeddedFace(f"{file}#{subfont}", str(font_files()[file.lower()]), subfont)
    pdfmetrics.registerFont(face)
    return face


@cache
def chain(role: str) -> tuple[Source, ...]:
    """The faces tried for a character of `role`, best first: the role's, those that stand in, the rare ones.

    Raises OperatingError when the machine has no face that Chinese text can be printed with.
    """
    usable = [source for family in STANDS_IN[role] for source in sources_here(FAMILIES[family])]
    if not usable:
        raise OperatingError(
            "本机没有可用于打印的中文字体。", MEND.get(sys.platform, MEND["linux"]) + "，装好后重新打开程序。"
        )
    return tuple(dict.fromkeys(usable + sources_here(RARE)))


@cache
def face_of(role: str, character: str) -> EmbeddedFace | None:
    """The first face of the role's chain that draws `character`; None when none does."""
    for source in chain(role):
        face = load(source.file, source.subfont)
        if character not in source.passes and face.draws(character):
            return face
    return None


def unprintable(text: str) -> str:
    """The characters of `text` that no face of this machine draws, each once, in order; empty when all print."""
    return "".join(dict.fromkeys(character for character in text if face_of(TEXT, character) is None))


@cache
def advance(role: str, character: str) -> float:
    """How wide `character` is at size 1."""
    face = face_of(role, character)
    if face is None:
        raise OperatingError(
            f"本机没有能打印“{character}”（U+{ord(character):04X}）的字体。",
            MEND.get(sys.platform, MEND["linux"]) + "。",
        )
    return face.advance(character)


def width_of(role: str, text: str, size: float) -> float:
    """How wide `text` is at `size`, in points."""
    return sum(advance(role, character) for character in text) * size


def runs(role: str, text: str) -> Iterator[tuple[EmbeddedFace, str]]:
    """Split `text` into stretches that one face draws. Raises OperatingError for a character none draws."""
    stretch, current = "", None
    for character in text:
        advance(role, character)
        face = face_of(role, character)
        if face is not current and current is not None:
            yield current, stretch
            stretch = ""
        current, stretch = face, stretch + character
    if current is not None:
        yield current, stretch


class FaceReport(msgspec.Struct, frozen=True):
    """Which family serves a role on this machine; empty when none does."""

    role: str
    family: str


def faces_here() -> list[FaceReport]:
    """What `doctor` says about fonts: one line a role, and one for rare characters."""
    lines = []
    for role in STANDS_IN:
        usable = [source for family in STANDS_IN[role] for source in sources_here(FAMILIES[family])]
        lines.append(FaceReport(role, usable[0].family if usable else ""))
    rare = sources_here(RARE)
    return [*lines, FaceReport("rare", "、".join(source.family for source in rare))]
