import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gjj_desktop.printing import qr
from gjj_desktop.printing.check import Outcome, StoredPaper, check, check_proof, read_proof
from gjj_desktop.printing.marks import Code
from gjj_desktop.printing.papers import Paper
from gjj_desktop.printing.preview import page_count, page_images
from gjj_desktop.printing.proof import digest_of, is_signed_by, paper_bytes, parse_qr, prove, qr_text
from gjj_desktop.printing.render import Reprint, pages_of, render
from gjj_desktop.printing.sheets import Layout
from tests.printing.conftest import DEVICE
from tests.printing.samples import NAMES, sample


@pytest.mark.parametrize("name", NAMES)
def test_the_digest_survives_storing_and_reading(name):
    paper = sample(name)
    assert digest_of(msgspec.msgpack.decode(paper_bytes(paper), type=Paper)) == digest_of(paper)


def test_the_code_says_the_whole_proof(acceptance, proof_of):
    proof = proof_of(acceptance)
    text = qr_text(proof)
    assert text.startswith(f"GJJ1.{acceptance.head.paper_no}.")
    assert parse_qr(text) == proof
    assert parse_qr(f" {text}\n") == proof


@given(st.text(max_size=200))
def test_a_foreign_code_is_no_proof(text):
    assert parse_qr(text) is None


def test_a_code_cut_short_or_padded_is_no_proof(acceptance, proof_of):
    text = qr_text(proof_of(acceptance))
    for wrong in (text[:-1], text + "=", text + ".x", text.replace("GJJ1", "GJJ2"), text[:-1] + "!"):
        assert parse_qr(wrong) is None


def test_number_content_and_signer_are_all_under_the_signature(acceptance, proof_of, public_keys):
    proof = proof_of(acceptance)
    [key] = public_keys[DEVICE]
    assert is_signed_by(proof, key)
    changed = {"paper_no": "9905032611220000069", "digest": b"\0" * 32, "signer": "9905-04", "signature": b"\1" * 64}
    for field, value in changed.items():
        assert not is_signed_by(msgspec.structs.replace(proof, **{field: value}), key)


def test_parts_can_not_be_shifted_between_number_and_signer(acceptance, device_key, public_keys):
    proof = prove(acceptance, DEVICE, device_key.sign)
    shifted = msgspec.structs.replace(proof, paper_no=proof.paper_no + "9", signer=DEVICE[1:])
    assert not is_signed_by(shifted, *public_keys[DEVICE])


def test_a_full_stop_in_a_number_is_refused(acceptance, device_key):
    head = msgspec.structs.replace(acceptance.head, paper_no="99.05")
    with pytest.raises(ValueError, match="full stop"):
        prove(msgspec.structs.replace(acceptance, head=head), DEVICE, device_key.sign)


def test_the_squares_on_paper_are_those_of_the_code(acceptance, proof_of):
    proof = proof_of(acceptance)
    _, _, pages = pages_of(acceptance, qr_text(proof), None, Layout())
    code = next(mark for mark in pages[0] if isinstance(mark, Code))
    rows = qr.matrix(code.text)
    width, _, pixels = page_images(render(acceptance, proof), 300)[0]
    edge, scale = code.size / len(rows), 300 / 72
    for row, squares in enumerate(rows):
        for column, dark in enumerate(squares):
            x = int((code.x + (column + 0.5) * edge) * scale)
            y = int((code.y + (row + 0.5) * edge) * scale)
            assert (pixels[(y * width + x) * 3] < 128) == bool(dark)


def test_the_code_is_large_enough_for_an_impact_printer(acceptance, proof_of):
    _, _, pages = pages_of(acceptance, qr_text(proof_of(acceptance)), None, Layout(sheet="241x140"))
    code = next(mark for mark in pages[0] if isinstance(mark, Code))
    assert code.size / len(qr.matrix(code.text)) >= 3 * 72 / 180  # three dots of a 180-dpi head to a square


def stored_as(*held: StoredPaper):
    return lambda number: [each for each in held if each.proof.paper_no == number]


@pytest.mark.parametrize("name", NAMES)
def test_what_we_printed_matches(name, proof_of, public_keys):
    paper = sample(name)
    proof = proof_of(paper)
    pdf = render(paper, proof)
    assert read_proof(pdf) == proof
    assert check(pdf, stored_as(StoredPaper(paper, proof)), public_keys).outcome is Outcome.MATCHES


def test_reprints_and_other_sheets_match(acceptance, proof_of, public_keys):
    proof = proof_of(acceptance)
    again = Reprint(count=1, printed_at="2026-11-23 09:00", officer="周敏", reason="遗失")
    layout = Layout(right_mm=1.5)
    held = stored_as(StoredPaper(acceptance, proof, reprints=(again,), layouts=(layout,)))
    for pdf in (
        render(acceptance, proof, again),
        render(acceptance, proof, layout=layout),
        render(acceptance, proof, layout=Layout(sheet="241x140")),
    ):
        assert check(pdf, held, public_keys).outcome is Outcome.MATCHES
    unknown = msgspec.structs.replace(again, count=7)
    assert check(render(acceptance, proof, unknown), held, public_keys).outcome is Outcome.NOT_OURS


def test_a_paper_replaced_since_is_an_older_version(acceptance, proof_of, public_keys):
    newer = msgspec.structs.replace(acceptance, amount_fen=800000)
    held = stored_as(
        StoredPaper(acceptance, proof_of(acceptance), superseded=True), StoredPaper(newer, proof_of(newer))
    )
    assert check(render(acceptance, proof_of(acceptance)), held, public_keys).outcome is Outcome.OLDER_VERSION
    assert check(render(newer, proof_of(newer)), held, public_keys).outcome is Outcome.MATCHES


def test_a_changed_amount_under_a_real_code_is_not_ours(acceptance, proof_of, public_keys):
    proof = proof_of(acceptance)
    forged = render(msgspec.structs.replace(acceptance, amount_fen=9000000), proof)
    verdict = check(forged, stored_as(StoredPaper(acceptance, proof)), public_keys)
    assert verdict.outcome is Outcome.NOT_OURS
    assert "不一致" in verdict.reason


def test_one_changed_byte_is_not_ours(acceptance, proof_of, public_keys):
    proof = proof_of(acceptance)
    pdf = bytearray(render(acceptance, proof))
    pdf[len(pdf) // 2] ^= 1
    assert check(bytes(pdf), stored_as(StoredPaper(acceptance, proof)), public_keys).outcome is Outcome.NOT_OURS


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.4 nothing", b"\x00" * 1000])
def test_a_file_that_is_no_pdf_is_not_ours(pdf, public_keys):
    assert check(pdf, stored_as(), public_keys).outcome is Outcome.NOT_OURS


def test_a_preview_an_unknown_number_and_a_foreign_device_are_not_ours(acceptance, proof_of, public_keys):
    proof = proof_of(acceptance)
    held = stored_as(StoredPaper(acceptance, proof))
    assert check(render(acceptance, None), held, public_keys).outcome is Outcome.NOT_OURS
    assert check(render(acceptance, proof), stored_as(), public_keys).outcome is Outcome.NOT_OURS
    assert check(render(acceptance, proof), held, {}).outcome is Outcome.NOT_OURS


def test_a_scanned_code_finds_its_paper(acceptance, proof_of, public_keys):
    proof = proof_of(acceptance)
    held = StoredPaper(acceptance, proof)
    scanned = parse_qr(qr_text(proof))
    assert scanned is not None
    assert check_proof(scanned, stored_as(held), public_keys) is held


def test_a_pdf_of_another_machine_matches_by_its_kept_digest(acceptance, proof_of, public_keys):
    import hashlib

    proof = proof_of(acceptance)
    elsewhere = render(acceptance, proof, layout=Layout(down_mm=4.25))
    held = StoredPaper(acceptance, proof, pdf_digests=(hashlib.sha256(elsewhere).digest(),))
    assert check(elsewhere, stored_as(held), public_keys).outcome is Outcome.MATCHES


def test_the_proof_is_within_what_a_code_of_this_size_holds(acceptance, proof_of):
    text = qr_text(proof_of(acceptance))
    digest = base64.urlsafe_b64decode(text.split(".")[2] + "=")
    assert len(digest) == 32
    assert len(qr.matrix(text)) <= 57


def test_a_preview_has_one_picture_a_page(acceptance, proof_of):
    pdf = render(acceptance, proof_of(acceptance))
    images = page_images(pdf, 72)
    assert len(images) == page_count(pdf) == 2
    width, height, pixels = images[0]
    assert (width, height) == (596, 420) or (abs(width - 595), abs(height - 420)) <= (1, 1)
    assert len(pixels) == width * height * 3
    assert min(pixels) == 0
