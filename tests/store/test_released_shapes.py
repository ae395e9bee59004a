"""A file that any released program left in the middle of its work is opened by today's, with all that is in it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.legacy import ImportLegacy
from gjj_desktop.cases.rows import Case, Clerk, Employer
from gjj_desktop.central.clerks import add_clerk
from gjj_desktop.central.devices import add_device, approve_device
from gjj_desktop.central.own_commands import OwnCommand, hand_in_own
from gjj_desktop.central.verify import verify
from gjj_desktop.counter import papers
from gjj_desktop.counter.door import SignInDesk
from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.counter.home import home
from gjj_desktop.counter.syncing import unsynced
from gjj_desktop.counter.window import Window
from gjj_desktop.domain.numbers import Series
from gjj_desktop.printing.check import Outcome
from gjj_desktop.security.audit import first_break
from gjj_desktop.security.keys import public_key
from gjj_desktop.security.vault import DEVICE_KEY, DEVICE_PASSWORD, Vault
from gjj_desktop.store import audit, drafts, migrations, numbers, outbox, view
from gjj_desktop.store.store import Store, open_store
from tests.cases.builders import a_person, an_account
from tests.store.released.make_store import EMPLOYER
from tests.store.released_file import SHAPES, Released
from tests.support.centre import BUSINESS_DATE, CENTRE_KEY, TestCentre, TestDevice, centre, centre_server
from tests.support.window import Window as Machine
from tests.support.window import post

__all__ = ["centre", "centre_server"]

OUTLET = "9905"
LESS_THAN_ASKED_FEN = 20_000_00
"""The withdrawal in the file asks for 30,000 yuan, and was refused."""
PERSON = a_person(1)
ACCOUNT = an_account(PERSON, 1, carried_forward_fen=LESS_THAN_ASKED_FEN, current_year_fen=0)


@pytest.fixture(params=SHAPES)
def released(request: pytest.FixtureRequest, tmp_path: Path) -> Released:
    return Released(request.param, tmp_path / "window")


@pytest.fixture
def store(released: Released) -> Iterator[Store]:
    opened = open_store(released.folder, released.key)
    yield opened
    opened.close()


def test_every_shape_before_todays_is_kept() -> None:
    assert set(migrations.REVISIONS[:-1]) <= set(SHAPES)


def test_nothing_is_lost_on_the_way_to_todays_shape(released: Released, store: Store) -> None:
    with store.read() as connection:
        assert released.lost(connection) == []
        lines = audit.read(connection)
    assert len(lines) == len(released.facts["holds"]["audit"]) > 0
    assert first_break(lines) is None
    assert store.faults() == []


def test_the_outbox_and_what_lies_over_the_view_are_as_they_were(released: Released, store: Store) -> None:
    with store.read() as connection:
        counts = outbox.counts(connection)
        entries = outbox.entries(connection)
        cases = {row.case_no: row for row in view.rows_of(connection, Case)}
        employers = view.rows_of(connection, Employer)
    assert (counts.accepted, counts.refused, counts.handed_in, counts.waiting, counts.tasks) == (1, 1, 1, 1, 1)
    refused = {entry.case_no for entry in entries if entry.state == Verdict.REFUSED}
    assert set(cases) >= {entry.case_no for entry in entries} - refused
    assert not refused & set(cases)
    assert len(employers) == 3


def test_the_screens_show_it(released: Released, store: Store) -> None:
    window = Window(store, released.device_key)
    assert [item.state_words for item in unsynced(window)] == ["需处理", "已到中心，待处理", "待同步"]
    with store.read() as connection:
        kept = drafts.list_of(connection, released.facts["clerk"])
    assert len(kept) == released.facts["drafts"]
    for draft in kept:
        desk = FormDesk(window, draft.kind, draft)
        assert desk.draft_id == draft.id


def test_its_papers_are_rendered_and_found_to_be_ours(released: Released, store: Store) -> None:
    window = Window(store, released.device_key)
    found = {}
    for paper_no, _, _, _, _, _, _, void_reason in released.facts["holds"]["paper"]:
        found[paper_no] = papers.check_pdf(window, papers.PaperDesk(window, paper_no).pdf()), void_reason
    assert len(found) == 4
    for verdict, void_reason in found.values():
        if not void_reason:  # the centre refused the other's command, so its paper is nowhere in the view
            assert verdict.outcome is Outcome.MATCHES, verdict


def test_its_numbers_go_on_where_they_stopped(released: Released, store: Store) -> None:
    with store.work() as connection:
        for series, _, last, following in released.facts["holds"]["number_block"]:
            assert numbers.take(connection, series, BUSINESS_DATE) == following
            assert numbers.left(connection)[Series[series]] == last - following


@pytest.fixture
def machine(released: Released, centre: TestCentre, tmp_path: Path, open_keyring: dict[str, str]) -> Iterator[Machine]:
    """The machine of the file at a new centre with the old one's keys, whose inbox is empty."""
    centre.add_outlet(OUTLET)
    hand_in_own(
        centre.admin, CENTRE_KEY, [OwnCommand("legacy.import", ImportLegacy(people=(PERSON,), accounts=(ACCOUNT,)))]
    )
    device, clerk = released.facts["device"], released.facts["clerk"]
    ticket = add_device(centre.admin, centre.address, OUTLET, device[4:])
    code = add_clerk(centre.admin, Clerk(clerk=clerk, name="林晓", outlet=OUTLET, roles=("clerk",)))
    vault = Vault(f"gjj-released-{tmp_path}")
    vault.put(DEVICE_KEY, released.device_key)
    vault.put(DEVICE_PASSWORD, ticket.password.encode())
    made = Machine(released.folder, device, clerk, vault, released.key)
    made.use_line(centre.address)
    with TestDevice(device, b"", ticket.password, centre).connect() as connection:
        connection.execute("select api.register_device(%s)", (public_key(released.device_key),))
        approve_device(centre.admin, device)
        connection.execute("select api.register_clerk_key(%s, %s, %s)", (clerk, code, public_key(released.author_key)))
    post(centre)
    yield made
    made.store.close()


def meet(centre: TestCentre, machine: Machine) -> None:
    asyncio.run(machine.exchange())
    post(centre)
    asyncio.run(machine.exchange())


def test_its_whole_outbox_is_taken_by_todays_centre_and_work_goes_on(
    released: Released, centre: TestCentre, machine: Machine
) -> None:
    meet(centre, machine)
    counts = machine.counts()
    assert (counts.accepted, counts.refused, counts.waiting, counts.handed_in, counts.set_aside) == (3, 1, 0, 0, 0)
    window = Window(machine.store, released.device_key)
    answer = SignInDesk(window, lambda *_: None).sign_in(released.facts["clerk"], released.facts["password"])
    assert answer.opened, answer.sentence
    assert len(home(window).to_correct) == 1
    raw = EMPLOYER | {"name": "云溪市西河陶瓷厂", "credit_code": "91990501MA7YRJG28J"}
    saved = FormDesk(window, "employer.register").submit(raw)
    assert not saved.findings, saved.findings
    meet(centre, machine)
    assert machine.counts().accepted == 4
    with machine.store.read() as connection:
        assert len(view.rows_of(connection, Employer)) == 4
    assert verify(centre.admin) == []
