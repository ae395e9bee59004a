"""The office in which the stories of withdrawals happen: on a day of their own, with the people of the stories, a
gateway that knows them, and three windows with a clerk, a reviewer and a supervisor."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, NamedTuple

import msgspec
import pytest

from gjj_desktop import clock
from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Account, AccountEntry, Gateway, Instalment, Loan, Person, R, Row
from gjj_desktop.cases.state import Need
from gjj_desktop.central.gateways import add_gateway, device_keys
from gjj_desktop.central.own_answers import answers_to
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.row_tables import load_rows
from gjj_desktop.demo.content import read_town
from gjj_desktop.demo.shared_data import town_register
from gjj_desktop.demo.town import employer_numbers
from gjj_desktop.domain.codes import EntryKind
from gjj_desktop.domain.numbers import Series, make_number
from gjj_desktop.gateway.reference import ReferenceGateway
from gjj_desktop.gateway.register import Record, Register
from gjj_desktop.store import view
from tests.cases.builders import a_person, an_account
from tests.cases.claims import a_loan
from tests.stories.reasons import STORIES, Story
from tests.support.office import CLERK, OTHER_SUPERVISOR, REVIEWER, SUPERVISOR, Hands, Office, keyring_of, until

TODAY = date(2026, 11, 24)
FRONT, MIDDLE, BACK = "03", "02", "01"
FIRST_PERSON, FIRST_OTHER = 701, 751
YEAR_BEGAN, PAID_IN_ON = date(2026, 7, 1), date(2026, 10, 12)
OTHERS: tuple[str, ...] = ("聂小雨", "聂大勇", "晏清", "卞文昊", "阮梦洁", "焦广义")
"""People of the stories about what happens twice, and between days."""
CLOCKS_OF_THE_OFFICE = (
    "gjj_desktop.clock",
    "gjj_desktop.counter",
    "gjj_desktop.gateway",
    "gjj_desktop.central.city",
    "gjj_desktop.store.centre_time",
    "ui",
)
TRUE_CLOCK = "gjj_desktop.counter.limits"
"""Who reads what day it is; sync, deadlines at the centre and whether a clock is right go by the true clock, as the
centre's database does."""


@contextmanager
def day_is(day: date) -> Iterator[None]:
    """At the windows it is this day, from ten in the morning on."""
    true_now = clock.utc_now
    by = datetime.combine(day, time(10), clock.CHINA) - true_now()

    def moved() -> datetime:
        return true_now() + by

    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            reads = isinstance(module, ModuleType) and getattr(module, "utc_now", None) is true_now
            if reads and name.startswith(CLOCKS_OF_THE_OFFICE) and name != TRUE_CLOCK:
                patch.setattr(module, "utc_now", moved)
        yield


def person_of(counter: int, name: str, **changes: Any) -> Person:
    """Somebody of this office, not married unless said otherwise."""
    return a_person(counter, name, **{"marital_status": "10", **changes})


def account_of(person: Person, counter: int, **changes: Any) -> Account:
    """Their account: 48,216.37, of which 40,000.00 carried forward."""
    number = make_number(Series.ACCOUNT, "9905", "00", counter)
    employer = employer_numbers(read_town())["garments"]
    return an_account(person, counter, **{"personal_account_no": number, "employer_account_no": employer, **changes})


def history_of(account: Account) -> list[Row]:
    """What was carried forward, and this year's money on one day."""
    opening = AccountEntry(
        account_entry=f"{account.key}:1",
        personal_account_no=account.key,
        outlet=account.outlet,
        day=YEAR_BEGAN,
        year=2027,
        kind=EntryKind.OTHER.value,
        amount_fen=account.carried_forward_fen,
        balance_fen=account.carried_forward_fen,
        summary="期初上年结转",
    )
    if not account.current_year_fen:
        return [opening]
    paid_in = msgspec.structs.replace(
        opening,
        account_entry=f"{account.key}:2",
        day=PAID_IN_ON,
        kind=EntryKind.REMITTANCE.value,
        amount_fen=account.current_year_fen,
        balance_fen=account.balance_fen,
        month="2026-09",
        summary="",
    )
    return [opening, paid_in]


def rows_of(counter: int, story: Story) -> list[Row]:
    """The person of a story as the centre took them over, with account, history and loan."""
    person = person_of(counter, story.name, born=story.born)
    rows: list[Row] = []
    if story.married:
        spouse = person_of(counter + 100, f"{story.name}配偶", marital_status="20", spouse_id=person.person_id)
        person = msgspec.structs.replace(person, marital_status="20", spouse_id=spouse.person_id)
        rows.append(spouse)
    balance = {"carried_forward_fen": story.carried_fen, "current_year_fen": story.this_year_fen}
    account = account_of(person, counter, **balance, **story.account)
    rows += [person, account, *history_of(account)]
    if story.loan is not None:
        loan, schedule = a_loan(
            account,
            story.loan.unpaid_since,
            loan_account_no=make_number(Series.LOAN, "9905", "00", counter),
            state=story.loan.state,
            balance_fen=story.loan.balance_fen,
            case_no="",
        )
        rows += [loan, *schedule]
    return rows


def everybody(day: date) -> ImportLegacy:
    """The people of all stories, with what they have, as it is on the day."""
    rows = [row for counter, story in enumerate(STORIES, FIRST_PERSON) for row in rows_of(counter, story)]
    for counter, name in enumerate(OTHERS, FIRST_OTHER):
        person = person_of(counter, name)
        account = account_of(person, counter, **({} if day > PAID_IN_ON else {"current_year_fen": 0}))
        rows += [person, account, *history_of(account)]

    def of(row_type: type[R]) -> tuple[R, ...]:
        return tuple(row for row in rows if isinstance(row, row_type))

    return ImportLegacy(
        people=of(Person), accounts=of(Account), entries=of(AccountEntry), loans=of(Loan), instalments=of(Instalment)
    )


def register_of(people: Iterable[Person]) -> Register:
    """The words of the town's registers, and of everybody what their story says that registers hold."""
    known, stories = {person.person_id: person for person in people}, {story.name: story for story in STORIES}
    records = []
    for person in known.values():
        story = stories.get(person.name)
        spouse = known.get(person.spouse_id)
        holds = {"spouse_identity_no": spouse.identity_no if spouse else ""}
        more: Mapping[str, Mapping[str, str]] = {} if story is None else story.records
        identity = {} if story is not None and not story.known_to_police else {"identity": {}}
        for item, agrees in {**identity, "marriage": holds, **more}.items():
            records.append(Record(item=item, identity_no=person.identity_no, name=person.name, holds=dict(agrees)))
    return Register(items=town_register(read_town()).items, records=tuple(records))


class StoryOffice(Office):
    """An office with everybody of the stories."""

    def __init__(self, folder: Path, day: date) -> None:
        super().__init__(folder)
        self.services["02"] = self.services["01"].replace("-01-", "-02-")
        taken_over = everybody(day)
        if day <= PAID_IN_ON:
            keep = {account.key for account in taken_over.accounts if account.name in OTHERS}
            taken_over = ImportLegacy(
                people=taken_over.people,
                accounts=tuple(each for each in taken_over.accounts if each.key in keep),
                entries=tuple(each for each in taken_over.entries if each.personal_account_no in keep),
            )
        with self.centre.administration() as connection:
            ids = hand_in_own(connection, self.centre.key, [OwnCommand("legacy.import", taken_over)])
            [answer] = answers_to(connection, self.centre.key, ids)
        assert answer.verdict is Verdict.ACCEPTED, answer.findings
        self.accounts = {account.name: account for account in taken_over.accounts}
        self.people = {person.name: person for person in taken_over.people}
        self.loans = {loan.borrower: loan for loan in taken_over.loans}
        self.gateway = ReferenceGateway(register_of(taken_over.people), self._keys_of, number="9900-stories")
        row = Gateway(
            gateway=self.gateway.number,
            name="云溪市公共数据平台",
            url=self.gateway.url,
            public_key=self.gateway.public_key,
        )
        with self.centre.administration() as connection:
            add_gateway(connection, row)
        self.gateway.start()
        self.introduce(FRONT, CLERK)
        self.introduce(MIDDLE, REVIEWER)
        self.introduce(BACK, SUPERVISOR, OTHER_SUPERVISOR)

    def _keys_of(self, device: str) -> tuple[bytes, ...]:
        with self.centre.administration() as connection:
            return device_keys(connection).get(device, ())

    def rows(self, *wanted: Need) -> list[Row]:
        """What the centre holds."""
        with self.centre.administration() as connection:
            return load_rows(connection, list(wanted))

    def books(self, case_no: str) -> list[tuple[str, str, int]]:
        """Account, side and amount of every line of the journal that was written for the case."""
        query = (
            "select l.account, l.side, l.amount_fen from core.journal_line l join core.journal j using (entry_no)"
            " where j.case_no = %s order by l.entry_no, l.line_no"
        )
        with self.centre.administration() as connection:
            return [(account, side, fen) for account, side, fen in connection.execute(query, (case_no,))]

    def seat(self, number: str, clerk: str) -> Hands:
        """A window with somebody signed in who has heard of the gateway."""
        hands = self.open(number)
        hands.sign_in(clerk)
        window = hands.app.window
        assert window is not None

        def heard() -> bool:
            with window.reading() as connection:
                return bool(view.rows_of(connection, Gateway))

        until(heard, "the gateway told to the window")
        return hands

    def close(self) -> None:
        """Close everything."""
        self.gateway.stop()
        super().close()


class Seats(NamedTuple):
    """The three windows: who takes in, who reviews, who approves."""

    office: StoryOffice
    front: Hands
    middle: Hands
    back: Hands


@contextmanager
def an_office(secret_service: dict[str, str], day: date) -> Iterator[StoryOffice]:
    """An office on this day, for as long as it is needed."""
    with TemporaryDirectory(prefix="gjj-stories-", ignore_cleanup_errors=True) as folder:
        with keyring_of(secret_service), day_is(day):
            office = StoryOffice(Path(folder), day)
        yield office
        with keyring_of(secret_service):
            office.close()


@contextmanager
def seats_at(office: StoryOffice, secret_service: dict[str, str], day: date) -> Iterator[Seats]:
    """The windows open and everybody signed in, on this day."""
    with keyring_of(secret_service), day_is(day):
        front, middle, back = office.seat(FRONT, CLERK), office.seat(MIDDLE, REVIEWER), office.seat(BACK, SUPERVISOR)
        yield Seats(office, front, middle, back)
        for hands in (front, middle, back):
            office.put_away(hands)


@pytest.fixture(scope="session")
def story_office(qapp: object, secret_service: dict[str, str]) -> Iterator[StoryOffice]:
    """One office for all stories of this worker."""
    with an_office(secret_service, TODAY) as office:
        yield office


@pytest.fixture(scope="module")
def seats(story_office: StoryOffice, secret_service: dict[str, str]) -> Iterator[Seats]:
    """Its windows, for the stories of one file."""
    with seats_at(story_office, secret_service, TODAY) as found:
        yield found
