"""The main job once more, through the real widgets, as `gjj-desktop demo --headless` drives them."""

import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from gjj_desktop.printing.check import read_proof

STEPS = (
    "SIGKILL",
    "主管没有按任何键",
    "约束拒绝",
    "放款",
    "种原因逐一列出",
    "结婚证扫描一页",
    "该发票号码已用于装修提取",
    "一次性告知单列全",
    "扫码，表单原样打开",
    "对着扫描件和核验结果批准",
    "自动通过并入账",
    "3 位继承人",
    "银行退回 陶德明",
    "银行已付到账",
    "个人缴存明细已打印",
    "逾期 5 期",
    "作废",
    "所有余额一致",
)


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
    for step in STEPS:
        assert any(step in line for line in said), step
    pictures, papers = sorted(out.glob("*.png")), {path.stem[3:]: path for path in out.glob("*.pdf")}
    assert [int(picture.name[:2]) for picture in pictures] == list(range(1, len(pictures) + 1))
    assert len(pictures) > 65
    assert {Image.open(picture).size for picture in pictures} == {(1366, 768)}
    assert "玖仟元整" in text_of(papers["rent-receipt"])
    assert "不是办结" in text_of(papers["rent-receipt"])
    assert "唐𨱏安" in text_of(papers["flexible-receipt"])
    assert "柒拾万元整" in text_of(papers["loan-receipt"])
    assert "付款凭证" in text_of(papers["payment-voucher"])
    assert "补打" in text_of(papers["reprint"])
    assert "贰万叁仟元整" in text_of(papers["renovation-voucher"])
    assert "该发票号码已用于装修提取" in text_of(papers["correction-slip"]).replace("\n", "")
    assert "无房证明" in text_of(papers["deficiency-notice"])
    assert all(heir in text_of(papers["death-voucher"]) for heir in ("钱玉梅", "陶思源", "陶德明"))
    assert "账号户名不符" in text_of(papers["correction-receipt"])
    assert "年终结息" in text_of(papers["account-history"])
    assert "逾期" in text_of(papers["overdue-letter"])
    assert all(read_proof(path.read_bytes()) is not None for path in papers.values())
