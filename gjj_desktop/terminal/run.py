"""How a terminal command ends: its exit code, and one sentence on stderr when it could not do its work."""

import sys
from collections.abc import Callable, Sequence
from typing import Never

import typer
from typer.exceptions import TyperException

from gjj_desktop.errors import OperatingError

DONE, REFUSED, WRONG_USE, OUT_OF_REACH = 0, 1, 2, 3


class Stop(Exception):  # noqa: N818 - it stops a command, often for a fault in the data
    """Ends a command with a sentence for stderr and an exit code."""

    def __init__(self, sentence: str, exit_code: int = REFUSED) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.exit_code = exit_code


def refuse(sentence: str) -> Never:
    """End the command: what was asked is not allowed or was found wrong (exit code 1)."""
    raise Stop(sentence, REFUSED)


def misuse(sentence: str) -> Never:
    """End the command: it was called wrongly (exit code 2)."""
    raise Stop(sentence, WRONG_USE)


def run(command: typer.Typer | Callable[..., None], arguments: Sequence[str], name: str) -> int:
    """The exit code of `command` called with `arguments` under `name`; what goes wrong is one sentence on stderr.

    A function is a command by itself, a Typer holds several.
    """
    app = command if isinstance(command, typer.Typer) else _alone(command)
    try:
        result = typer.main.get_command(app).main(list(arguments), prog_name=name, standalone_mode=False)
    except Stop as stop:
        return _end(stop.sentence, stop.exit_code)
    except OperatingError as error:
        return _end(str(error), OUT_OF_REACH)
    except typer.Abort:
        return _end("stopped", REFUSED)
    except TyperException as error:
        return _end(_sentence(error, name), WRONG_USE)
    return result if isinstance(result, int) else DONE


def _alone(command: Callable[..., None]) -> typer.Typer:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(command)
    return app


def _sentence(error: TyperException, name: str) -> str:
    """What Typer found wrong with the call, on one line."""
    return f"{' '.join(error.format_message().split()).rstrip('.')}. See {name} --help."


def _end(sentence: str, exit_code: int) -> int:
    print(sentence, file=sys.stderr)
    return exit_code
