"""`gjj-desktop check-document FILE.pdf`: is a paper ours, unchanged and in force."""

from pathlib import Path
from typing import Annotated

import typer

from gjj_desktop.counter.opening import SERVICE, open_machine
from gjj_desktop.counter.papers import check_pdf_in
from gjj_desktop.errors import OperatingError
from gjj_desktop.paths import data_folder
from gjj_desktop.printing.check import Outcome, Verdict
from gjj_desktop.store.one_process import AlreadyOpenError
from gjj_desktop.store.store import store_exists
from gjj_desktop.terminal.output import print_json
from gjj_desktop.terminal.run import OUT_OF_REACH, REFUSED, Stop

ANSWERS = {
    Outcome.MATCHES: "与签发一致",
    Outcome.OLDER_VERSION: "已有更新版本",
    Outcome.NOT_OURS: "不是本中心",
}


def check_document(
    file: Annotated[Path, typer.Argument(help="A PDF that someone shows.")],
    as_json: Annotated[bool, typer.Option("--json", help="Facts as JSON.")] = False,
) -> None:
    """Compare a PDF with the papers this window knows: issued here, or replicated from the centre."""
    verdict = verdict_on(_content(file), data_folder(), SERVICE)
    answer = ANSWERS[verdict.outcome]
    if as_json:
        print_json(
            {"outcome": verdict.outcome.value, "answer": answer, "reason": verdict.reason, "no": verdict.paper_no}
        )
    else:
        print(f"{answer}：{verdict.reason}{f' 编号 {verdict.paper_no}' if verdict.paper_no else ''}")
    if verdict.outcome is not Outcome.MATCHES:
        raise Stop(f"{file.name} 不能作为凭证。", REFUSED)


def verdict_on(pdf: bytes, folder: Path, service: str) -> Verdict:
    """The verdict by the store in `folder`, whose sync is not started.

    Raises OperatingError: this machine is no window, the program has the store open, or the keyring does not answer.
    """
    if not store_exists(folder):
        raise OperatingError("本机还没有登记为窗口，没有可对照的单据。", "请在登记过的窗口核验。")
    try:
        opened = open_machine(folder, service)
    except AlreadyOpenError as error:
        raise OperatingError(error.what, "请在打开的窗口的“票据”里核验，或先退出程序。") from error
    try:
        with opened.store.read() as connection:
            return check_pdf_in(connection, pdf)
    finally:
        opened.store.close()


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Stop(f"读不了 {file}：{error.strerror}。请检查文件名。", OUT_OF_REACH) from error
