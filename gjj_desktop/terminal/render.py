"""`gjj-desktop render VALUE.json -o OUT.pdf`: any paper from its value."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from gjj_desktop.printing.papers import Paper
from gjj_desktop.printing.render import render as render_paper
from gjj_desktop.printing.sheets import SHEETS, Layout
from gjj_desktop.terminal.run import OUT_OF_REACH, Stop, misuse, refuse


def render(
    value: Annotated[Path, typer.Argument(help="A paper as JSON; resources/samples has one of each kind.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where the PDF is written.")],
    sheet: Annotated[str, typer.Option(help=f"Another sheet than the paper's own: {', '.join(SHEETS)}.")] = "",
) -> None:
    """Render a paper from its value. It carries no proof and says so: only a registered device can issue one."""
    if sheet and sheet not in SHEETS:
        misuse(f"--sheet {sheet}: 没有这种纸张，可用 {'、'.join(SHEETS)}")
    pdf = render_paper(read_paper(value), None, layout=Layout(sheet=sheet))
    try:
        out.write_bytes(pdf)
    except OSError as error:
        raise Stop(f"写不了 {out}：{error.strerror}。请换一个能写入的位置。", OUT_OF_REACH) from error


def read_paper(path: Path) -> Paper:
    """The paper in a JSON file; ends the command with a sentence that names the place of what is wrong."""
    try:
        paper: Paper = msgspec.json.decode(path.read_bytes(), type=Paper)
    except OSError as error:
        raise Stop(f"读不了 {path}：{error.strerror}。请检查文件名。", OUT_OF_REACH) from error
    except msgspec.ValidationError as error:
        refuse(f"{path} 的内容不对：{error}。请对照 resources/samples 中的样例更正。")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        refuse(f"{path} 不是 JSON 文件：{error}。")
    return paper
