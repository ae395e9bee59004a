"""What the documents say is there: links, commands, files, words on the screen; and nothing that belongs elsewhere."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from gjj_desktop.__main__ import COMMANDS
from gjj_desktop.central.__main__ import app as central
from tests.support.write_messages import messages

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder, glob in ((ROOT, "*.md"), (ROOT / "docs", "**/*.md"))
    for path in folder.glob(glob)
)
IMAGE_BYTES_MAX = 1_000_000

# Written in pieces, so that this file does not hold what it looks for.
ELSEWHERE = {
    "a package registry": rb"py"
    rb"pi\.org|python"
    rb"hosted\.org|npm"
    rb"js\.(org|com)|crates"
    rb"\.io|(extra-)?index"
    rb"-url",
    "a path of one machine": rb"/wo" rb"rk/|/ro" rb"ot/\.|/Use" rb"rs/[a-z]",
    "a private key": rb"-----BEGIN [A-Z ]*PRIVATE " rb"KEY",
}
FENCE = re.compile(r"^```.*?^```|^(?: {4}.*\n)+", re.M | re.S)


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def anchor_of(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def links_of(document: str) -> list[str]:
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text_of(document)) if "://" not in link]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    broken = []
    for link in links_of(document):
        path, _, anchor = link.partition("#")
        target = (ROOT / document).parent / path if path else ROOT / document
        if not target.exists():
            broken.append(link)
        elif anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.M)
            broken += [link] * (anchor not in map(anchor_of, headings))
    assert not broken


def code_of(document: str) -> Iterator[str]:
    """Every line of a code block and every piece of code in a sentence."""
    text = text_of(document)
    for block in FENCE.findall(text):
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", FENCE.sub("", text))


def calls_of(document: str) -> list[list[str]]:
    """The words of each call of our programs that the document shows, the program first, a remark left out."""
    calls = []
    for code in code_of(document):
        for found in re.finditer(r"(?:^|[\s/\\])(gjj-(?:desktop|central))(?![\w.-])([^#|\"]*)", code):
            calls.append([found[1], *found[2].split()])
    return calls


@cache
def command_of(program: str, name: str) -> Any:
    """The command of this name as Typer knows it."""
    if program == "gjj-central":
        group = typer.main.get_command(central)
        assert isinstance(group, TyperGroup)
        return group.commands[name]
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    app = typer.Typer()
    app.command()(found)
    return typer.main.get_command(app)


def wrong_with(call: list[str]) -> str:
    """The first word of a call that its program does not know, "" when it knows all."""
    program, *words = call
    if not words or words[0] in ("--help", "--version"):
        return ""
    if not re.fullmatch("[a-z][a-z-]*", words[0]):
        return ""  # a sentence goes on
    try:
        command = command_of(program, words.pop(0))
    except KeyError:
        return call[1]
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        if words[0] not in command.commands:
            return words[0]
        command = command.commands[words.pop(0)]
    options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)} | {"--help"}
    given = (re.split("[=\\]]", word.lstrip("["))[0] for word in words if re.match(r"\[?-{1,2}[a-z]", word))
    return next((option for option in given if option not in options), "")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_shown_is_there_with_its_options(document: str) -> None:
    wrong = [(" ".join(call), found) for call in calls_of(document) if (found := wrong_with(call))]
    assert not wrong


def test_commands_and_options_that_are_not_there_are_noticed() -> None:
    assert wrong_with(["gjj-desktop", "demonstrate"]) == "demonstrate"
    assert wrong_with(["gjj-desktop", "demo", "--headles"]) == "--headles"
    assert wrong_with(["gjj-desktop", "calc", "schedules"]) == "schedules"
    assert wrong_with(["gjj-desktop", "calc", "schedule", "--principal", "1", "--prncipal=1"]) == "--prncipal"
    assert wrong_with(["gjj-central", "post", "--watch"]) == ""
    assert any(call[:2] == ["gjj-desktop", "demo"] for document in DOCUMENTS for call in calls_of(document))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_named_is_there(document: str) -> None:
    """Files are named from the checkout or, inside the package, from it."""
    named = {
        code
        for code in re.findall(r"`([^`\n]+)`", FENCE.sub("", text_of(document)))
        if re.fullmatch(r"\w[\w./-]*/(?:[\w.-]+\.(?:py|toml|md|json|sql|qss))?", code) and not code.startswith("out/")
    }
    assert not [
        name for name in sorted(named) if not ((ROOT / name).exists() or (ROOT / "gjj_desktop" / name).exists())
    ]


def test_every_module_says_in_its_first_line_what_it_is_for() -> None:
    silent = []
    for room in ("gjj_desktop", "ui", "resources", "benchmarks", "scripts"):
        for path in (ROOT / room).rglob("*.py"):
            docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            if len(docstring.partition("\n")[0]) < 10:
                silent.append(path.relative_to(ROOT).as_posix())
    assert not silent


def tracked_files() -> list[Path]:
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    found = [ROOT / name.decode() for name in done.stdout.split(b"\0") if name]
    return [path for path in found if path.is_file()]


def test_no_file_names_a_registry_or_a_machine_or_holds_a_private_key() -> None:
    patterns = {what: re.compile(pattern) for what, pattern in ELSEWHERE.items()}
    found = []
    for path in tracked_files():
        content = path.read_bytes()
        found += [(path.relative_to(ROOT).as_posix(), what) for what, each in patterns.items() if each.search(content)]
    assert not found


def test_every_test_that_the_threat_model_names_is_there() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", text_of("docs/security.md"))
    assert len(named) > 80
    assert text_of("docs/security.md").count("::") == len(named)
    missing = []
    for file, test in named:
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        if test not in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}:
            missing.append(f"{file}::{test}")
    assert missing == []


def test_every_message_is_described_as_the_program_has_it() -> None:
    """After a change: python -m tests.support.write_messages."""
    assert text_of("docs/messages.md") == messages()


def test_pictures_stay_small() -> None:
    pictures = list((ROOT / "docs").rglob("*.png"))
    assert pictures
    assert sum(path.stat().st_size for path in pictures) < IMAGE_BYTES_MAX


def test_every_decision_is_in_the_index_and_says_what_was_passed_over() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [name[:4] for name in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    assert re.findall(r"\]\((\d{4}-[^)]+)\)", text_of("docs/decisions/README.md")) == pages
    for name in (each for each in pages if "differs-from-its-plan" not in each):
        text = text_of(f"docs/decisions/{name}")
        parts = ("**We faced.**", "**We chose.**", "**What follows.**", "**Passed over.**")
        assert [part for part in parts if part not in text] == [], name
        assert text.startswith(f"# {name[:4]} "), name


def test_the_manual_says_the_words_that_stand_on_the_screen() -> None:
    """What stands in quotation marks is a word of the screen; one with a number n in it is an example."""
    source = "".join(
        path.read_text(encoding="utf-8") for room in ("ui", "gjj_desktop") for path in (ROOT / room).rglob("*.py")
    )
    quoted = dict.fromkeys(re.findall("“([^”]+)”", text_of("docs/manual.zh-CN.md")))
    words = [word for word in quoted if " n " not in word and "·" not in word]
    assert len(words) > 40
    assert [word for word in words if word not in source] == []
