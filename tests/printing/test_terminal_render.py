import json

import pytest

from gjj_desktop.__main__ import main
from tests.printing.samples import FOLDER, text_of


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    """Exit code and stderr of `gjj-desktop render …`."""

    def call(*words: object) -> tuple[int, str]:
        code = main(["render", *map(str, words)])
        return code, capsys.readouterr().err

    return call


def test_a_paper_is_rendered_from_its_value_as_a_preview(run, tmp_path):
    out = tmp_path / "paper.pdf"
    done = run(FOLDER / "withdrawal_acceptance.json", "-o", out, "--sheet", "241x140")
    assert done == (0, "")
    assert "预览稿" in text_of(out.read_bytes())


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"amount_fen": "9000.00"}, "$.amount_fen"),
        ({"materials": [{"name": 3}]}, "$.materials[0].name"),
        ({"amount": 1}, "amount"),
        ({"type": "love_letter"}, "love_letter"),
    ],
)
def test_a_wrong_field_is_named_by_its_place(run, tmp_path, change, place):
    value = json.loads((FOLDER / "withdrawal_acceptance.json").read_text(encoding="utf-8")) | change
    source = tmp_path / "wrong.json"
    source.write_text(json.dumps(value), encoding="utf-8")
    done = run(source, "-o", tmp_path / "out.pdf")
    assert done[0] == 1
    assert place in done[1]
    assert not (tmp_path / "out.pdf").exists()


def test_what_is_no_json_is_refused(run, tmp_path):
    source = tmp_path / "broken.json"
    source.write_bytes(b"{\xff")
    assert run(source, "-o", tmp_path / "out.pdf")[0] == 1


def test_missing_files_and_unknown_sheets_end_with_their_codes(run, tmp_path):
    assert run(tmp_path / "none.json", "-o", tmp_path / "out.pdf")[0] == 3
    sample = FOLDER / "withdrawal_acceptance.json"
    assert run(sample, "-o", tmp_path / "no" / "such" / "folder.pdf")[0] == 3
    assert run(sample, "-o", tmp_path / "out.pdf", "--sheet", "A3")[0] == 2


def test_a_character_no_face_has_ends_with_what_to_do(run, tmp_path):
    value = json.loads((FOLDER / "withdrawal_acceptance.json").read_text(encoding="utf-8")) | {"name": "王\ue000"}
    source = tmp_path / "private.json"
    source.write_text(json.dumps(value), encoding="utf-8")
    done = run(source, "-o", tmp_path / "out.pdf")
    assert done[0] == 3
    assert "U+E000" in done[1]
