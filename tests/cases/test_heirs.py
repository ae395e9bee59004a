"""Heirs as they are read: every part checked, nobody twice, and shares that make exactly one whole."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.cases.fields import Field, Kind
from gjj_desktop.cases.heirs import PARTS, Heir, lines_of, share_of, shares_typed
from gjj_desktop.cases.reading import READERS
from gjj_desktop.domain.findings import Finding
from tests.cases.builders import CARD, TODAY, UNHURRIED, identity_no


def line(counter: int = 1, **changes: str) -> str:
    parts = {
        "name": "王小满",
        "identity_no": identity_no(counter, "20150307"),
        "relation": "子女",
        "share": "1",
        "bank_card": CARD,
        "bank": "云溪银行",
    }
    return "\t".join({**parts, **changes}.values())


def read(text: str) -> tuple[Heir, ...] | Finding:
    found = READERS[Kind.HEIRS](Field("heirs", "继承人及份额", Kind.HEIRS), text.strip(), {"heirs": text}, TODAY)
    assert isinstance(found, tuple | Finding)
    return found


def sentence(text: str) -> str:
    found = read(text)
    assert isinstance(found, Finding), found
    assert found.field == "heirs"
    return found.message


def test_heirs_whose_shares_make_one_whole_are_read() -> None:
    found = read("\n".join([line(1, share="1/3"), line(2, share="２／３", bank_card="6222 0212 3456 7890 128")]))
    assert not isinstance(found, Finding)
    assert [(heir.share, heir.bank_card) for heir in found] == [("1/3", CARD), ("2/3", CARD)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (line(1, share="1/2"), "各继承人的份额合计应为 1，现为 1/2"),
        ("\n".join([line(1, share="2/3"), line(2, share="2/3")]), "各继承人的份额合计应为 1，现为 4/3"),
        ("\n".join([line(1, share="1/2"), line(1, share="1/2")]), "第 2 位与第 1 位继承人的证件号码相同"),
        (line(1, share="一半"), "第 1 位继承人：份额请填分数，例如 1/2，独自继承填 1"),
        (line(1, share="3/2"), "第 1 位继承人：份额请填分数，例如 1/2，独自继承填 1"),
        (line(1, name=""), "第 1 位继承人：请填写姓名"),
        (line(1, bank="", relation=""), "第 1 位继承人：请填写与逝者关系、开户银行"),
        (line(1, bank_card=CARD[:-1] + "9"), "第 1 位继承人：卡号校验位不对，请核对最后一位"),
        (line(1, identity_no="990501201503071230"), "第 1 位继承人：证件号码校验位不对，请逐位核对"),
        ("王小满", "第 1 位继承人：请填写证件号码、与逝者关系、份额、收款银行卡、开户银行"),
        ("\n".join(line(counter, share="1/30") for counter in range(1, 31)), "继承人最多 20 位"),
    ],
)
def test_what_is_wrong_with_heirs_is_said_with_the_place_of_the_heir(text: str, said: str) -> None:
    assert sentence(text) == said


def test_an_heir_from_abroad_has_a_passport() -> None:
    found = read(line(1, identity_no="E12345678"))
    assert not isinstance(found, Finding)
    assert found[0].identity_no == "E12345678"


@UNHURRIED
@given(st.text(max_size=80))
def test_whatever_stands_in_the_field_is_read_or_refused_with_a_sentence(text: str) -> None:
    found = read(text)
    assert isinstance(found, tuple) or found.message
    assert all(len(parts) == len(PARTS) for parts in lines_of(text))
    assert shares_typed(text) >= 0


@UNHURRIED
@given(st.integers(1, 9999), st.integers(1, 9999))
def test_a_share_is_read_as_the_fraction_it_is_up_to_the_whole(upper: int, lower: int) -> None:
    assert share_of(f"{upper}/{lower}") == (Fraction(upper, lower) if upper <= lower else None)
