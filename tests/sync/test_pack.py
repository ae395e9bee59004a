"""A courier pack on a bad stick: cut off at any byte, a byte changed, full at any byte. Is it ever half a pack?"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import msgspec
import pytest

from gjj_desktop.security.keys import new_private_key, public_key, sign
from gjj_desktop.security.sealed_box import open_box, seal_box
from gjj_desktop.sync import pack as pack_module
from gjj_desktop.sync.pack import (
    TO_CENTRE,
    Pack,
    PackedPage,
    PackError,
    ToCentre,
    open_pack,
    read_pack,
    seal_pack,
    write_pack,
)

WINDOW, CENTRE = bytes([3] * 32), bytes([4] * 32)
BODY = ToCentre(
    envelopes=(b"one", b"two"), pages=(PackedPage("d" * 64, b"page"),), epoch="e", cursor=7, wanted={"CASE": 200}
)


def a_pack(made_at: str = "2026-11-22T02:00:00+00:00") -> Pack:
    head = Pack(kind=TO_CENTRE, city="9905", device="990503", made_at=made_at)
    return seal_pack(head, BODY, public_key(CENTRE), lambda message: sign(WINDOW, message))


def opened(path: Path) -> ToCentre:
    return open_pack(read_pack(path, TO_CENTRE), ToCentre, [CENTRE], public_key(WINDOW))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "业务包-990503.gjjpack"
    write_pack(made, a_pack())
    return made


def test_a_pack_is_what_was_put_into_it(path: Path) -> None:
    assert opened(path) == BODY
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_pack_cut_off_at_any_byte_is_no_pack(path: Path) -> None:
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(PackError) as refused:
            opened(path)
        assert refused.value.what_to_do
    path.write_bytes(whole)
    assert opened(path) == BODY


@pytest.mark.parametrize("change", [0x01, 0x20, 0x80, 0xFF])
def test_a_pack_of_which_any_byte_was_changed_is_no_pack(path: Path, change: int) -> None:
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :])
        with pytest.raises(PackError):
            opened(path)


def test_who_mends_the_digest_of_a_changed_pack_still_has_no_signature(path: Path) -> None:
    """The digest is for bad sticks, the signature for bad people: every byte of what is signed counts."""
    made = read_pack(path, TO_CENTRE)
    for name in ("city", "device", "made_at"):
        write_pack(path, msgspec.structs.replace(made, **{name: "9906"}))
        with pytest.raises(PackError, match="签名不对"):
            opened(path)
    for at in range(len(made.sealed)):
        sealed = made.sealed[:at] + bytes([made.sealed[at] ^ 1]) + made.sealed[at + 1 :]
        write_pack(path, msgspec.structs.replace(made, sealed=sealed))
        with pytest.raises(PackError, match="签名不对"):
            opened(path)


def test_bytes_behind_a_pack_are_noticed(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(PackError, match="不完整"):
        opened(path)


@contextmanager
def room_for(size_bytes: int) -> Iterator[None]:
    """No file of this process can become larger: the disk says so in the middle of a write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_stick_that_is_full_at_any_byte_keeps_the_pack_that_was_there_and_nothing_else(path: Path) -> None:
    before = path.read_bytes()
    newer = a_pack("2026-11-23T02:00:00+00:00")
    for size in range(len(before)):
        with room_for(size), pytest.raises(PackError, match="没有写到移动介质上"):
            write_pack(path, newer)
        assert path.read_bytes() == before
        assert [each.name for each in path.parent.iterdir()] == [path.name]
    write_pack(path, newer)
    assert opened(path) == BODY


PULLED_OUT = """
import os, sys
from pathlib import Path
from gjj_desktop.sync import pack
from tests.sync.test_pack import a_pack
at, path = sys.argv[1], Path(sys.argv[2])
def dies(*_):
    os._exit(9)
if at == "folder":
    pack._folder_to_disk = dies
else:
    setattr(pack.os, at, dies)
pack.write_pack(path, a_pack("2026-11-23T02:00:00+00:00"))
"""


@pytest.mark.parametrize(("step", "is_new"), [("fsync", False), ("replace", False), ("folder", True)])
def test_a_machine_that_dies_while_it_writes_leaves_the_old_pack_or_the_new_one(
    path: Path, step: str, is_new: bool
) -> None:
    before = path.read_bytes()
    died = subprocess.run([sys.executable, "-c", dedent(PULLED_OUT), step, str(path)], check=False, timeout=60)
    assert died.returncode == 9
    assert (path.read_bytes() != before) is is_new
    assert opened(path) == BODY
    write_pack(path, a_pack())
    assert [each.name for each in path.parent.iterdir()] == [path.name], "what was begun is written over"


def test_a_pack_larger_than_any_program_reads_is_not_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    monkeypatch.setattr(pack_module, "FILE_BYTES_MAX", len(before) - 1)
    with pytest.raises(PackError, match="装不下"):
        write_pack(path, a_pack())
    with pytest.raises(PackError, match="太大"):
        opened(path)


def test_only_the_holder_of_the_key_opens_a_box_and_only_with_what_was_bound_to_it() -> None:
    for _ in range(20):
        private = new_private_key()
        box = seal_box(b"message", public_key(private), b"bound")
        assert open_box(box, private, public_key(private), b"bound") == b"message"
        assert open_box(box, private, public_key(private), b"other") is None
        assert open_box(box, CENTRE, public_key(CENTRE), b"bound") is None
        assert open_box(os.urandom(len(box)), private, public_key(private), b"bound") is None
        assert open_box(b"", private, public_key(private), b"bound") is None
        assert seal_box(b"message", public_key(private), b"bound") != box


@pytest.mark.parametrize("public", [b"", bytes(31), b"\xff" * 32, b"\x01" + bytes(31)])
def test_what_is_no_public_key_seals_nothing(public: bytes) -> None:
    with pytest.raises(ValueError, match="not an Ed25519 public key"):
        seal_box(b"message", public, b"")
