"""The decision that refuses an application: 不予批准决定书."""

from datetime import date

from gjj_desktop.printing.paper import Document


class RefusalDecision(Document, frozen=True, kw_only=True, tag="refusal_decision"):
    """不予批准决定书: set as a letter (`refusal_letter.py`). `amount_fen` None where the whole balance was asked for.

    `basis` and `remedies` are the words of the law in force on the day of the decision, by `paper_text.toml`.
    """

    name: str
    identity_no: str
    personal_account_no: str
    business: str
    accepted_on: date
    amount_fen: int | None = None
    reasons: tuple[str, ...]
    basis: str
    remedies: tuple[str, ...]
    decided_on: date
    contact: str
    address: str = ""


def without_full_stop(reason: str) -> str:
    """A reason as it was typed, to be ended by the sentence around it.

    >>> without_full_stop("发票金额与合同不一致。")
    '发票金额与合同不一致'
    """
    return reason.strip().rstrip("。．.；;")
