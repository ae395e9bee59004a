"""The main job once more, through the real widgets, as `gjj-desktop demo --headless` drives them."""

import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from gjj_desktop.printing.check import read_proof


def text_of(path: Path) -> str:
    document = pypdfium2.PdfDocument(path.read_bytes())
    return "".join(page.get_textpage().get_text_bounded() for page in document)


@pytest.mark.timeout(900)
def test_the_demo_works_the_main_job_through_the_widgets_of_two_windows(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    command = [sys.executable, "-m", "gjj_desktop", "demo", "--headless", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    said = done.stdout.splitlines()
    for step in ("SIGKILL", "主管没有按任何键", "约束拒绝", "放款", "逾期 5 期", "作废", "所有余额一致"):
        assert any(step in line for line in said), step
    pictures, papers = sorted(out.glob("*.png")), {path.stem[3:]: path for path in out.glob("*.pdf")}
    assert len(pictures) > 40
    assert {Image.open(picture).size for picture in pictures} == {(1366, 768)}
    assert "玖仟元整" in text_of(papers["rent-receipt"])
    assert "不是办结" in text_of(papers["rent-receipt"])
    assert "唐𨱏安" in text_of(papers["flexible-receipt"])
    assert "柒拾万元整" in text_of(papers["loan-receipt"])
    assert "付款凭证" in text_of(papers["payment-voucher"])
    assert "补打" in text_of(papers["reprint"])
    assert "逾期" in text_of(papers["overdue-letter"])
    assert all(read_proof(path.read_bytes()) is not None for path in papers.values())
