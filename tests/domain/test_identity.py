"""Identity numbers, credit codes, cards, telephones and names."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from gjj_desktop.domain.bank_card import (
    bank_card_check_digit,
    check_bank_account,
    check_bank_card,
    group_bank_card,
    mask_bank_card,
)
from gjj_desktop.domain.codes import IdentityType, Sex
from gjj_desktop.domain.credit_code import CreditCode, check_credit_code
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.identity import Identity, check_character, check_identity, group_identity, mask_identity
from gjj_desktop.domain.mobile import check_mobile, group_mobile, mask_mobile
from gjj_desktop.domain.names import check_name, mask_name, with_standard_dots

TODAY = date(2026, 11, 22)
RESIDENT = IdentityType.RESIDENT_ID


def code_of(found: object) -> str:
    assert isinstance(found, Finding), found
    return found.code


@pytest.mark.parametrize(
    ("number", "own_type", "born", "sex"),
    [
        ("11010519491231002X", IdentityType.RESIDENT_ID, date(1949, 12, 31), Sex.FEMALE),
        ("330501199003071236", IdentityType.RESIDENT_ID, date(1990, 3, 7), Sex.MALE),
        ("810000199001010019", IdentityType.OTHER_ID, date(1990, 1, 1), Sex.MALE),
        ("820000198507151238", IdentityType.OTHER_ID, date(1985, 7, 15), Sex.MALE),
        ("830000197910120025", IdentityType.OTHER_ID, date(1979, 10, 12), Sex.FEMALE),
        ("911124198108030024", IdentityType.FOREIGN_PR_ID, date(1981, 8, 3), Sex.FEMALE),
    ],
)
def test_right_numbers_of_every_kind_are_accepted(number: str, own_type: IdentityType, born: date, sex: Sex) -> None:
    found = check_identity(number, RESIDENT, TODAY)
    assert isinstance(found, Identity)
    assert (found.number, found.identity_type, found.birth_date, found.sex) == (number, own_type, born, sex)
    warned = [warning.code for warning in found.warnings]
    assert warned == ([] if own_type is RESIDENT else ["identity.type_differs"])


@pytest.mark.parametrize(
    "text", ["１１０１０５１９４９１２３１００２Ｘ", "11010519491231002x", " 110105 1949 1231 002X "]
)
def test_a_number_is_read_however_it_was_typed(text: str) -> None:
    found = check_identity(text, RESIDENT, TODAY)
    assert isinstance(found, Identity)
    assert found.number == "11010519491231002X"


def with_check(first_seventeen: str) -> str:
    return first_seventeen + check_character(first_seventeen)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", "identity.empty"),
        ("110105491231002", "identity.fifteen_digits"),
        ("1101051949123100", "identity.too_short"),
        ("11010519491231002X1", "identity.too_long"),
        ("110105194912310021", "identity.check_character"),
        ("11010519491231OO2X", "identity.characters"),
        ("X1010519491231002X", "identity.characters"),
        (with_check("33050119900230123"), "identity.birth_date"),
        (with_check("33050118991231123"), "identity.birth_too_early"),
        (with_check("33050120261123123"), "identity.birth_in_future"),
    ],
)
def test_wrong_numbers_have_a_sentence_each(number: str, code: str) -> None:
    assert code_of(check_identity(number, RESIDENT, TODAY, "identity_no")) == code


def test_somebody_born_today_is_accepted() -> None:
    assert isinstance(check_identity(with_check("33050120261122123"), RESIDENT, TODAY), Identity)


def test_a_region_nobody_has_is_a_warning() -> None:
    found = check_identity(with_check("99050119900307123"), RESIDENT, TODAY)
    assert isinstance(found, Identity)
    assert found.identity_type is RESIDENT
    assert [warning.code for warning in found.warnings] == ["identity.unknown_region"]


def test_the_earlier_card_of_foreign_residents_is_accepted() -> None:
    found = check_identity("usa110070010115", IdentityType.FOREIGN_PR_ID, TODAY)
    assert found == Identity("USA110070010115", IdentityType.FOREIGN_PR_ID)


def test_permits_are_checked_when_chosen_as_other_documents() -> None:
    chosen = IdentityType.OTHER_ID
    assert isinstance(check_identity("810000199001010019", chosen, TODAY), Identity)
    assert code_of(check_identity("810000199001010018", chosen, TODAY)) == "identity.check_character"


def test_passports_and_officer_cards_have_no_check_digit() -> None:
    assert check_identity("e12345678", IdentityType.PASSPORT, TODAY) == Identity("E12345678", IdentityType.PASSPORT)
    assert isinstance(check_identity("军字第1234567号", IdentityType.MILITARY_ID, TODAY), Identity)
    assert code_of(check_identity("E123", IdentityType.PASSPORT, TODAY)) == "identity.free_form"


@given(
    st.dates(date(1900, 1, 1), TODAY),
    st.integers(0, 999),
    st.integers(0, 17),
    st.integers(1, 9),
)
def test_any_one_wrong_digit_in_an_identity_number_is_caught(born: date, sequence: int, place: int, step: int) -> None:
    number = with_check(f"330501{born:%Y%m%d}{sequence:03}")
    assert isinstance(check_identity(number, RESIDENT, TODAY), Identity)
    if number[place] == "X":
        wrong = number[:place] + str(step)
    else:
        wrong = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
    assert isinstance(check_identity(wrong, RESIDENT, TODAY), Finding)


@given(st.dates(date(1991, 1, 1), date(2020, 1, 1)), st.integers(0, 999))
def test_ordinary_numbers_are_judged_as_python_stdnum_does(born: date, sequence: int) -> None:
    first = f"330106{born:%Y%m%d}{sequence:03}"
    for last in "0123456789X":
        ours = isinstance(check_identity(first + last, RESIDENT, TODAY), Identity)
        assert ours == ric.is_valid(first + last)


def test_identity_numbers_are_grouped_and_masked() -> None:
    assert group_identity("990501199003071239") == "990501 1990 0307 1239"
    assert group_identity("E12345678") == "E123 4567 8"
    assert mask_identity("990501199003071239") == "990***********1239"
    assert mask_identity("E12345678") == "*******78"


@pytest.mark.parametrize("code", ["913305001234567885", "12330500471234567N"])
def test_right_credit_codes_are_accepted_in_either_case(code: str) -> None:
    assert check_credit_code(code.lower()) == CreditCode(code)
    assert uscc.is_valid(code)


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        ("", "credit_code.empty"),
        ("91330500123456788", "credit_code.length"),
        ("9133O5001234567885", "credit_code.letters"),
        ("91330500123456788!", "credit_code.characters"),
        ("913305001234567886", "credit_code.check_character"),
        ("000000000000000000", "credit_code.blank"),
    ],
)
def test_wrong_credit_codes_have_a_sentence_each(code: str, finding: str) -> None:
    assert code_of(check_credit_code(code)) == finding


def test_codes_of_other_registering_departments_are_accepted() -> None:
    from gjj_desktop.domain.credit_code import credit_check_character, organisation_check_character

    first = "N2330500" + "12345678" + organisation_check_character("12345678")
    assert check_credit_code(first + credit_check_character(first)) == CreditCode(first + credit_check_character(first))


def test_a_wrong_organisation_part_is_a_warning() -> None:
    from gjj_desktop.domain.credit_code import credit_check_character

    first = "91330500123456789"
    found = check_credit_code(first + credit_check_character(first))
    assert isinstance(found, CreditCode)
    assert [warning.code for warning in found.warnings] == ["credit_code.organisation"]


def test_a_card_is_checked_and_grouped() -> None:
    assert check_bank_card("6222 0212 3456 7890 128") == "6222021234567890128"
    assert group_bank_card("6222021234567890128") == "6222 0212 3456 7890 128"
    assert mask_bank_card("6222021234567890128") == "6222 **** **** 0128"
    assert bank_card_check_digit("621700001000123456") == "9"


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("6222021234567890129", "bank_card.check_digit", "卡号校验位不对，请核对最后一位"),
        ("621700001000123", "bank_card.length", "卡号应为 16 至 19 位，现为 15 位"),
        ("6222-0212-3456-7890-128", "bank_card.characters", "卡号只能是数字，请核对"),
        ("", "bank_card.empty", "请填写银行卡号"),
    ],
)
def test_a_card_typed_wrong_is_told_what_is_wrong(text: str, code: str, message: str) -> None:
    found = check_bank_card(text)
    assert isinstance(found, Finding)
    assert (found.code, found.message) == (code, message)


def test_accounts_that_are_no_cards_have_no_check_digit() -> None:
    assert check_bank_account("1205 2100 2900 1234") == "1205210029001234"
    assert code_of(check_bank_account("12")) == "bank_account.form"


def test_a_mobile_number_is_read_grouped_and_masked() -> None:
    assert check_mobile("＋86 199-0000-8816") == "19900008816"
    assert (group_mobile("19900008816"), mask_mobile("19900008816")) == ("199 0000 8816", "199****8816")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "mobile.empty"),
        ("1990000881", "mobile.length"),
        ("12900008816", "mobile.prefix"),
        ("1990000881a", "mobile.characters"),
    ],
)
def test_a_mobile_number_typed_wrong_is_told_what_is_wrong(text: str, code: str) -> None:
    assert code_of(check_mobile(text)) == code


@pytest.mark.parametrize(
    "name",
    [
        "王锌",
        "阿卜杜拉·买买提",
        "\U00020bb7野",  # 𠮷, Extension B
        "李\U000323af",  # Extension H, newer than Python 3.11's tables
        "王\U0002ebf0",  # Extension I
        "〇一",
        "O'Brien Mary-Ann",
        "李" * 40,
    ],
)
def test_names_stay_exactly_as_on_the_document(name: str) -> None:
    assert check_name(f" {name}　") == name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name.empty"),
        ("阿卜杜拉•买买提", "name.middle_dot"),
        ("阿卜杜拉・买买提", "name.middle_dot"),
        ("王1", "name.digit"),
        ("王１", "name.digit"),
        ("王\u200b锌", "name.control"),
        ("王\x07", "name.control"),
        ("王\ue001", "name.private_use"),
        ("王？", "name.character"),
        ("·王", "name.edge"),
        ("王·", "name.edge"),
        ("李" * 41, "name.too_long"),
    ],
)
def test_what_can_not_be_a_name_is_refused(name: str, code: str) -> None:
    assert code_of(check_name(name)) == code


def test_look_alikes_of_the_middle_dot_can_be_mended() -> None:
    assert with_standard_dots("阿卜杜拉•买买提") == "阿卜杜拉·买买提"


def test_masking_counts_characters_beyond_the_basic_plane_once() -> None:
    assert mask_name("\U00020bb7野家") == "\U00020bb7**"
