"""`gjj-desktop`: opens the window, or runs one command of the terminal."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from io import TextIOWrapper

from gjj_desktop.security.crashes import leave_no_core

COMMANDS = {
    "demo": (
        "ui.demo.command:demo",
        "A seeded town with a centre of its own, to work in or worked through (--headless)",
    ),
    "calc": (
        "gjj_desktop.terminal.calc:app",
        "The rule engine: schedules, interest, penalty, quota, checks of numbers",
    ),
    "check-document": ("gjj_desktop.terminal.check_document:check_document", "Is a PDF a paper of ours, and in force"),
    "doctor": ("gjj_desktop.terminal.doctor:doctor", "What is wrong on this machine, and how to mend it"),
    "keys": ("gjj_desktop.terminal.keys:keys", "How old this machine's keys are, and new ones (--change)"),
    "take-over": (
        "gjj_desktop.terminal.take_over:take_over",
        "This machine in place of a window's broken one, from its disk and the centre's ticket",
    ),
    "render": ("gjj_desktop.terminal.render:render", "Any paper as a PDF from its value"),
}
"""Name of a command to where it is (a Typer, or a function that is the command) and one line of help.

The module is imported only when its command is called.
"""

_WINDOW = "ui.app"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default those of the process) name; without any, open the window.

    Returns:
        The exit code: 0 done, 1 refused or found wrong, 2 wrong use, 3 could not reach what it needs.
    """
    leave_no_core()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given:
        return int(import_module(_WINDOW).main() or 0)
    name, *rest = given
    if name in {"--help", "-h"}:
        print(_help())
        return 0
    if name == "--version":
        print(version("gjj-desktop"))
        return 0
    if name not in COMMANDS:
        print(f"There is no command {name!r}. See gjj-desktop --help.", file=sys.stderr)
        return 2
    return _run(name, rest)


def _run(name: str, rest: Sequence[str]) -> int:
    from gjj_desktop.terminal.run import run

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that lacks a character shows its code instead of failing
            stream.reconfigure(errors="backslashreplace")
    module, _, attribute = COMMANDS[name][0].partition(":")
    return run(getattr(import_module(module), attribute), rest, f"gjj-desktop {name}")


def _help() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {line}" for name, (_, line) in COMMANDS.items()]
    return "\n".join(
        [
            "Usage: gjj-desktop [COMMAND] ...",
            "",
            "Without a command the window (公积金窗口) opens.",
            "",
            *lines,
            "",
            "Each command has --help. --version prints the version.",
            "Exit codes: 0 done, 1 refused or found wrong, 2 wrong use, 3 could not reach what it needs.",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
