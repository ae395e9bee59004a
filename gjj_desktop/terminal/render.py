"""`gjj-desktop render VALUE.json -o OUT.pdf`: any paper from its value."""

from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import typer

from gjj_desktop.errors import OperatingError
from gjj_desktop.printing.papers import Paper
from gjj_desktop.printing.render import render as render_paper
from gjj_desktop.printing.sheets import SHEETS, Layout

REFUSED, WRONG_USE, OUT_OF_REACH = 1, 2, 3


def render(
    value: Annotated[Path, typer.Argument(help="A paper as JSON; resources/samples has one of each kind.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where the PDF is written.")],
    sheet: Annotated[str, typer.Option(help=f"Another sheet than the paper's own: {', '.join(SHEETS)}.")] = "",
) -> None:
    """Render a paper from its value. It carries no proof and says so: only a registered device can issue one."""
    if sheet and sheet not in SHEETS:
        _end(f"没有名为 {sheet} 的纸张，可用：{'、'.join(SHEETS)}。", WRONG_USE)
    paper = read_paper(value)
    try:
        pdf = render_paper(paper, None, layout=Layout(sheet=sheet))
    except OperatingError as error:
        _end(f"{error.what}{error.what_to_do}", OUT_OF_REACH)
    try:
        out.write_bytes(pdf)
    except OSError as error:
        _end(f"写不了 {out}：{error.strerror}。请换一个能写入的位置。", OUT_OF_REACH)


def read_paper(path: Path) -> Paper:
    """The paper in a JSON file; ends the command with a sentence naming the place of what is wrong."""
    try:
        paper: Paper = msgspec.json.decode(path.read_bytes(), type=Paper)
    except OSError as error:
        _end(f"读不了 {path}：{error.strerror}。请检查文件名。", OUT_OF_REACH)
    except msgspec.ValidationError as error:
        _end(f"{path} 的内容不对：{error}。请对照 resources/samples 中的样例更正。", REFUSED)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _end(f"{path} 不是 JSON 文件：{error}。", REFUSED)
    return paper


def _end(sentence: str, code: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)
