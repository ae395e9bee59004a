"""Which characters are folded to half-width: those that Unicode calls wide, and no other in the whole of it."""

import sys
import unicodedata

from gjj_desktop.domain.half_width import half_width


def test_exactly_what_unicode_calls_wide_is_folded() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        wide = unicodedata.decomposition(character).startswith("<wide>")
        meant = unicodedata.normalize("NFKC", character) if wide else character
        assert half_width(f"|{character}|") == f"|{meant}|", f"U+{code:04X}"
