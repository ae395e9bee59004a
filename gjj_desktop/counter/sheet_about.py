"""A sheet begun from the thing it is about: a payment that came back, a person of whom a fraud is found."""

from gjj_desktop.cases.fields import Form
from gjj_desktop.clock import new_id, utc_text
from gjj_desktop.counter.window import Window
from gjj_desktop.store import drafts
from gjj_desktop.store.drafts import Draft


def sheet_about(window: Window, form: Form, field: str, value: str) -> Draft:
    """The clerk's draft of `form` with `value` in `field`; one of it that was begun already is gone on with."""
    session = window.signed_in()
    with window.store.work() as connection:
        mine = (each for each in drafts.list_of(connection, session.clerk) if each.kind == form.command)
        begun = next((each for each in mine if not each.case_no and each.raw.get(field) == value), None)
        if begun is not None:
            return begun
        draft = Draft(
            id=new_id(),
            clerk=session.clerk,
            kind=form.command,
            title=form.title,
            raw={field: value},
            saved_at=utc_text(),
        )
        drafts.save(connection, draft)
    return draft
