"""The formulas by which reasons limit an amount; the rows of withdrawal_reason name them and hold their figures."""

from collections.abc import Callable, Iterable
from datetime import date

from gjj_desktop.domain.dates import add_months
from gjj_desktop.domain.findings import Finding
from gjj_desktop.domain.money import Fen, format_yuan, round_half_up
from gjj_desktop.domain.months import Month
from gjj_desktop.rules.limits import Limit, percent_text
from gjj_desktop.rules.policy import Row
from gjj_desktop.rules.withdrawal.values import Claim, Reached, Stop, Taken

Formula = Callable[[Row, Claim, date], Reached]
"""Row, claim and day to what the reason itself lets be withdrawn."""


def asks_months(row: Row) -> bool:
    """Whether the reason is claimed for months."""
    return "first_month" in row["fields"]


def plain_yuan(fen: Fen) -> str:
    """Whole yuan without the fen, as limits are written: "1,500"."""
    return format_yuan(fen).removesuffix(".00")


def _sum(taken: Iterable[Taken]) -> Fen:
    return sum(each.amount_fen for each in taken)


def _less(what: str, taken_fen: Fen, word: str = "已提") -> str:
    """What is taken off, in words, where there is something to take off."""
    return f"{what} − {word} {format_yuan(taken_fen)}" if taken_fen else what


def _counted(row: Row, claim: Claim, day: date) -> Fen:
    """What was taken within `counted_months` before the day, or ever."""
    months = row.get("counted_months", 0)
    return _sum(each for each in claim.taken if not months or day < add_months(each.used_on, months))


def _taken_in_months(claim: Claim, first: Month, last: Month) -> Fen:
    """What others of the family, or who share the document, took for the same months."""
    others = (each for each in claim.taken_months if not each.own and each.month is not None)
    return _sum(each for each in others if each.month is not None and first <= each.month <= last)


def _missing(row: Row, field: str, code: str, message: str, hint: str = "", label: str = "") -> Reached:
    """The answer while what the amount depends on is not typed."""
    stop = Stop(Finding(field, code, message, row.source))
    return Reached((Limit(label, 0, row.source),) if label else (), (stop,), clear=False, hint=hint)


def _called(row: Row, field: str, else_called: str) -> str:
    """What the reason calls a field, without what stands around it: "其中报销（元）" is 报销."""
    label: str = row.get("words", {}).get(field, else_called)
    return label.removesuffix("（元）").removeprefix("其中")


def _word(row: Row) -> str:
    """What the reason's limit is called: 租房提取 gives 租房限额."""
    return f"{row['title'].removesuffix('提取')}限额"


def _months(claim: Claim) -> tuple[Month, Month] | None:
    """The months claimed, None while they make no period."""
    first, last = claim.first_month, claim.last_month
    return None if first is None or last is None or last < first else (first, last)


def period_stops(row: Row, claim: Claim, day: date) -> tuple[Stop, ...]:
    """What is wrong with the months claimed: none, too many, not over yet, or claimed before by oneself."""
    months = _months(claim)
    if months is None:
        finding = Finding("last_month", "withdrawal.period", "请填写提取期间，止月不早于起月", row.source)
        return (Stop(finding),)
    first, last = months
    found = []
    if last - first + 1 > row.claim_months:
        message = f"一次最多提取 {row.claim_months} 个月，请缩短提取期间"
        found.append(Stop(Finding("last_month", "withdrawal.too_many_months", message, row.source)))
    if last > Month.of(day):
        message = f"提取期间不能晚于本月（{Month.of(day)}）"
        found.append(Stop(Finding("last_month", "withdrawal.future_month", message, row.source)))
    own = {each.month for each in claim.taken_months if each.own and each.month is not None}
    again = sorted(month for month in own if first <= month <= last)
    if again:
        free = again[-1].plus(1)
        while free in own:
            free = free.plus(1)
        message = f"{_named(again)}已提取过，请从 {free} 起填写"
        found.append(Stop(Finding("first_month", "withdrawal.month_taken", message, row.source), free.first_day))
    return tuple(found)


def _named(months: list[Month]) -> str:
    return f"{months[0]} " if len(months) == 1 else f"{months[0]} 至 {months[-1]} 中 {len(months)} 个月"


def _monthly(row: Row, claim: Claim, day: date) -> Reached:
    """A limit for each month claimed, the rent where it is asked for, less what others took for the same months."""
    label, limit_fen = _word(row), row.monthly_limit_fen
    stops, months = period_stops(row, claim, day), _months(claim)
    if months is None:
        head = f"{label} {plain_yuan(limit_fen)}" if limit_fen else label
        hint = f"每月最多 {plain_yuan(limit_fen)} 元" if limit_fen else "不超过实际租金"
        return Reached((Limit(head, 0, row.source),), stops, clear=False, hint=hint)
    count, taken_fen = months[1] - months[0] + 1, _taken_in_months(claim, *months)
    each_month = [(f"{label} {plain_yuan(limit_fen)}", limit_fen)] if limit_fen else []
    if "rent_fen" in row["fields"]:
        if claim.rent_fen <= 0:
            rentless = _missing(row, "rent_fen", "withdrawal.rent", "请填写月租金", "不超过实际租金", label)
            return rentless._replace(stops=(*stops, *rentless.stops))
        each_month.append((f"月租金 {format_yuan(claim.rent_fen)}", claim.rent_fen))
    limits = (
        Limit(_less(f"{what} × {count} 月", taken_fen, "同期已提"), max(0, fen * count - taken_fen), row.source)
        for what, fen in each_month
    )
    return Reached(tuple(limits), stops)


def _price_cap(row: Row, claim: Claim, day: date) -> Reached:
    """The price paid less what the family already withdrew for the home (购房)."""
    price = _called(row, "price_fen", "已付房款")
    if claim.price_fen <= 0:
        return _missing(row, "price_fen", "withdrawal.price", f"请填写{price}", f"不超过{price}", price)
    taken_fen = _counted(row, claim, day)
    label = f"{price} {format_yuan(claim.price_fen)} − 夫妻已提 {format_yuan(taken_fen)}"
    return Reached((Limit(label, max(0, claim.price_fen - taken_fen), row.source),))


def _own_cost(row: Row, claim: Claim) -> tuple[str, Fen] | Reached:
    """What was spent less what others bore, in words and fen."""
    cost, subsidy = _called(row, "cost_fen", "实际支出"), _called(row, "subsidy_fen", "补贴")
    if claim.cost_fen <= 0:
        return _missing(row, "cost_fen", "withdrawal.cost", f"请填写{cost}", _cost_hint(row), cost)
    if claim.subsidy_fen >= claim.cost_fen:
        message = f"{subsidy}不少于{cost}，没有自付部分"
        return _missing(row, "subsidy_fen", "withdrawal.subsidy", message, "", "自付部分")
    label = _less(f"{cost} {format_yuan(claim.cost_fen)}", claim.subsidy_fen, subsidy)
    return label, claim.cost_fen - claim.subsidy_fen


def _cost_hint(row: Row) -> str:
    share, cap_fen = row.get("share_percent"), row.get("cap_fen", 0)
    most = f"不超过{_called(row, 'cost_fen', '实际支出')}"
    words = most if share is None or share == 100 else f"{most}的 {percent_text(share)}"
    return f"{words}，限额 {plain_yuan(cap_fen)} 元" if cap_fen else words


def _cost_left(row: Row, claim: Claim, day: date) -> Reached:
    """The own cost less what was taken on the same document (建房, 大修, 加装电梯)."""
    own = _own_cost(row, claim)
    if isinstance(own, Reached):
        return own
    label, own_fen = own
    taken_fen = _counted(row, claim, day)
    return Reached((Limit(_less(label, taken_fen), max(0, own_fen - taken_fen), row.source),))


def _cost_share(row: Row, claim: Claim, day: date) -> Reached:
    """A share of the own cost, and a cap on all that is counted together (装修, 物业费, 大病)."""
    stops = period_stops(row, claim, day) if asks_months(row) else ()
    own = _own_cost(row, claim)
    if isinstance(own, Reached):
        return own._replace(stops=(*stops, *own.stops))
    label, own_fen = own
    share = row.share_percent
    limits = [Limit(label, own_fen, row.source)]
    if share != 100:
        whole = f"（{label}）" if claim.subsidy_fen else label
        limits = [Limit(f"{whole} × {percent_text(share)}", round_half_up(own_fen * share / 100), row.source)]
    if row.cap_fen:
        taken_fen = _counted(row, claim, day)
        capped = _less(f"{_word(row)} {plain_yuan(row.cap_fen)}", taken_fen)
        limits.append(Limit(capped, max(0, row.cap_fen - taken_fen), row.source))
    return Reached(tuple(limits), stops)


def _repaid(row: Row, claim: Claim, day: date) -> Reached:
    """What was repaid in the months claimed, by the books or by the bank's record, less what others took for them."""
    stops, months = period_stops(row, claim, day), _months(claim)
    by_books = "loan_account_no" in row["fields"]
    label = "期间本人已还本息" if by_books else "期间已还本息"
    repaid_fen = claim.repaid_fen if by_books else claim.cost_fen
    if repaid_fen is None:
        return _no_loan(row, label, stops)
    if months is None or repaid_fen <= 0:
        return _nothing_repaid(row, label, stops, by_books, months is not None)
    taken_fen = _taken_in_months(claim, *months)
    words = _less(f"{label} {format_yuan(repaid_fen)}", taken_fen, "同期已提")
    return Reached((Limit(words, max(0, repaid_fen - taken_fen), row.source),), stops)


def _no_loan(row: Row, label: str, stops: tuple[Stop, ...]) -> Reached:
    message = "请选择要还的公积金贷款"
    reached = _missing(row, "loan_account_no", "withdrawal.loan", message, "本人或配偶没有公积金贷款", label)
    return reached._replace(stops=(*reached.stops, *stops), barred=True)


def _nothing_repaid(row: Row, label: str, stops: tuple[Stop, ...], by_books: bool, period: bool) -> Reached:
    field = "last_month" if by_books else "cost_fen"
    message = "这段时间没有本人还款，请核对提取期间" if by_books else "请填写期间已还本息"
    reached = _missing(row, field, "withdrawal.cost", message, "不超过期间已还本息", label)
    return reached._replace(stops=(*stops, *(reached.stops if period else ())), barred=by_books and period)


def _owed(row: Row, claim: Claim, day: date) -> Reached:
    """What is due on the own loan now: arrears with penalty and the current instalment (冲还贷)."""
    label = "贷款逾期及本期应还本息"
    if claim.owed_fen is None:
        return _no_loan(row, label, ())
    return Reached((Limit(label, claim.owed_fen, row.source),))


def _flat(row: Row, claim: Claim, day: date) -> Reached:
    """One amount for everybody (低收入)."""
    return Reached((Limit(_word(row), row.flat_limit_fen, row.source),))


def _no_limit(row: Row, claim: Claim, day: date) -> Reached:
    """No limit of its own: what the document says, or the whole balance."""
    return Reached(())


FORMULAS: dict[str, Formula] = {
    "monthly": _monthly,
    "price_cap": _price_cap,
    "cost_left": _cost_left,
    "cost_share": _cost_share,
    "repaid": _repaid,
    "owed": _owed,
    "flat": _flat,
    "documented": _no_limit,
    "whole": _no_limit,
}
"""By the name in the column `rule`; a city reason of a new kind needs a line here, any other only its row."""
