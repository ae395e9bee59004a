"""How everything on the screen looks: tokens, fonts and the one style sheet, all scaled together."""

import re
import tomllib
from functools import cache
from importlib.resources import files
from string import Template
from typing import TypeVar

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QBoxLayout, QGridLayout, QLayout, QWidget

_LENGTH = re.compile(r"(\d+)px(?:-(\d+))?")
_SCALED_FROM_PX = 4
_UNSCALED = "unscaled"
AnyLayout = TypeVar("AnyLayout", bound=QLayout)


class Contrast(msgspec.Struct, frozen=True):
    """Which text stands on which ground, and how well it must be read there."""

    least: float
    pairs: tuple[tuple[str, str], ...]


class Tokens(msgspec.Struct, frozen=True):
    """The figures of `resources/theme/tokens.toml`; sizes are px at 100 %."""

    faces: tuple[str, ...]
    scales_percent: tuple[int, ...]
    size: dict[str, int]
    colour: dict[str, dict[str, str]]
    contrast: Contrast


@cache
def load_tokens() -> Tokens:
    """The tokens as they are in the program's resources."""
    text = (files("resources") / "theme" / "tokens.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Tokens)


@cache
def _sheet_template() -> Template:
    return Template((files("resources") / "theme" / "window.qss").read_text(encoding="utf-8"))


def style_sheet(tokens: Tokens, colours: dict[str, str], percent: int) -> str:
    """The style sheet in these colours, every length from 4 px up scaled; thinner lines keep their width."""
    faces = ", ".join(f'"{face}"' for face in tokens.faces)
    return _LENGTH.sub(lambda found: _scaled_length(found, percent), _sheet_template().substitute(colours, faces=faces))


def _scaled_length(found: re.Match[str], percent: int) -> str:
    return f"{scaled(int(found[1]), percent) - int(found[2] or 0)}px"


def scaled(px: int, percent: int) -> int:
    """`px` at this scale, rounded to whole px; lines under 4 px keep their width."""
    return px if px < _SCALED_FROM_PX else (px * percent + 50) // 100


def contrast_ratio(text: str, ground: str) -> float:
    """How well `text` is read on `ground` (both "#rrggbb"): 1 not at all, 21 black on white (WCAG 2.2)."""
    light, dark = sorted((_luminance(text), _luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class Theme(QObject):
    """The look that the application wears now; there is one, a child of the application."""

    changed = Signal()

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self.tokens = load_tokens()
        self.percent = self.tokens.scales_percent[0]
        self.high_contrast = False
        application.setStyle("Fusion")
        self._wear()

    @property
    def colours(self) -> dict[str, str]:
        """The colours now worn, by token name."""
        return self.tokens.colour["high_contrast" if self.high_contrast else "normal"]

    def colour(self, name: str) -> QColor:
        """One colour by its token name."""
        return QColor(self.colours[name])

    def px(self, px: int) -> int:
        """`px` of the tokens at the scale now worn."""
        return scaled(px, self.percent)

    def font(self, size: str, semibold: bool = False) -> QFont:
        """The face at one of the named sizes, for what is painted by hand."""
        font = QFont()
        font.setFamilies(list(self.tokens.faces))
        font.setPixelSize(self.px(self.tokens.size[size]))
        font.setWeight(QFont.Weight.DemiBold if semibold else QFont.Weight.Normal)
        return font

    def larger(self) -> None:
        """One step up, as far as there is one."""
        self._step(+1)

    def smaller(self) -> None:
        """One step down, not under 100 %."""
        self._step(-1)

    def set_percent(self, percent: int) -> None:
        """Wear this scale; ValueError when it is not one of the tokens' steps."""
        if percent not in self.tokens.scales_percent:
            raise ValueError(f"not a step of the scale: {percent}")
        self.percent = percent
        self._wear()

    def set_high_contrast(self, high_contrast: bool) -> None:
        """Wear the second set of colours, or the first again."""
        self.high_contrast = high_contrast
        self._wear()

    def _step(self, step: int) -> None:
        steps = self.tokens.scales_percent
        place = steps.index(self.percent) + step
        if 0 <= place < len(steps):
            self.set_percent(steps[place])

    def _wear(self) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.setPalette(self._palette())
        application.setFont(self.font("text"))
        application.setStyleSheet(style_sheet(self.tokens, self.colours, self.percent))
        for window in application.topLevelWidgets():
            for layout in window.findChildren(QLayout):
                _space(layout, self.percent)
        self.changed.emit()

    def _palette(self) -> QPalette:
        palette = QPalette()
        roles = {
            QPalette.ColorRole.Window: "ground",
            QPalette.ColorRole.WindowText: "ink",
            QPalette.ColorRole.Base: "card",
            QPalette.ColorRole.Text: "ink",
            QPalette.ColorRole.PlaceholderText: "faint",
            QPalette.ColorRole.Highlight: "chosen",
            QPalette.ColorRole.HighlightedText: "chosen_text",
            QPalette.ColorRole.Button: "card",
            QPalette.ColorRole.ButtonText: "ink",
        }
        for role, name in roles.items():
            palette.setColor(role, self.colour(name))
        return palette


def theme() -> Theme:
    """The application's theme, put on when it is first asked for."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    return application.findChild(Theme) or Theme(application)


def spaced(
    layout: AnyLayout, margins: tuple[int, int, int, int] = (0, 0, 0, 0), gap: int = 0, gap_down: int | None = None
) -> AnyLayout:
    """`layout` with these margins (left, top, right, bottom) and gaps in token px, kept in scale from now on."""
    layout.setProperty(_UNSCALED, [*margins, gap, gap if gap_down is None else gap_down])
    _space(layout, theme().percent)
    return layout


def _space(layout: QLayout, percent: int) -> None:
    unscaled = layout.property(_UNSCALED)
    if unscaled is None:
        return
    left, top, right, bottom, gap, gap_down = (scaled(px, percent) for px in unscaled)
    layout.setContentsMargins(left, top, right, bottom)
    if isinstance(layout, QGridLayout):
        layout.setHorizontalSpacing(gap)
        layout.setVerticalSpacing(gap_down)
    elif isinstance(layout, QBoxLayout):
        layout.setSpacing(gap)


def set_mark(widget: QWidget, name: str, value: str) -> None:
    """Set a property that the style sheet looks at, and draw the widget anew when it changed."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
