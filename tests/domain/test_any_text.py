"""Whatever is typed, a reader answers with a value or a finding."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.domain.bank_card import check_bank_account, check_bank_card
from gjj_desktop.domain.codes import IdentityType
from gjj_desktop.domain.credit_code import check_credit_code
from gjj_desktop.domain.dates import parse_date
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.identity import check_identity
from gjj_desktop.domain.mobile import check_mobile
from gjj_desktop.domain.money import parse_yuan
from gjj_desktop.domain.months import Month
from gjj_desktop.domain.names import check_name
from gjj_desktop.domain.numbers import Series, check_number

Reader = Callable[[str], object]

READERS: dict[str, Reader] = {
    "money": parse_yuan,
    "date": parse_date,
    "month": Month.parse,
    "identity": lambda text: check_identity(text, IdentityType.RESIDENT_ID, date(2026, 11, 22)),
    "other identity": lambda text: check_identity(text, IdentityType.OTHER_ID, date(2026, 11, 22)),
    "credit code": check_credit_code,
    "card": check_bank_card,
    "account": check_bank_account,
    "mobile": check_mobile,
    "name": check_name,
    "number": lambda text: check_number(Series.CASE, text),
}
ANYTHING = st.text(st.characters(), max_size=40) | st.text(
    "0123456789０１２９xX-./,万年月日¥ ²٣\ud800\U00020bb7", max_size=24
)


@pytest.mark.parametrize("name", sorted(READERS))
@given(text=ANYTHING)
def test_a_reader_never_fails(name: str, text: str) -> None:
    found = READERS[name](text)
    assert not isinstance(found, Finding) or found.message


@pytest.mark.parametrize("name", sorted(READERS))
def test_an_empty_field_is_told_what_to_fill_in(name: str) -> None:
    found = READERS[name](" \u3000")
    assert isinstance(found, Finding)
    assert found.message.startswith("请填写")
    assert found.code.endswith(".empty")
