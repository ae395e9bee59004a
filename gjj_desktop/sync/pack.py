"""The courier pack: what a window and its centre have to say to each other, in one file that travels on a stick.

It is sealed to whom it is for and signed by who made it. On the stick it is whole or it is not there: written under
another name, brought to the disk, renamed; and it ends with a digest, for sticks that lie about that.
"""

import os
from collections.abc import Callable, Collection, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec

from gjj_desktop.cases.answer import FeedRow
from gjj_desktop.cases.command import UNREADABLE
from gjj_desktop.errors import OperatingError
from gjj_desktop.security.keys import public_key, verify
from gjj_desktop.security.sealed_box import SUITE, open_box, seal_box
from gjj_desktop.sync.link import Block

TO_CENTRE, TO_WINDOW = "to_centre", "to_window"
SUFFIX = ".gjjpack"
PAGES_BYTES_MAX = 64 << 20
"""Scanned pages in one pack; the others go with the next."""
FILE_BYTES_MAX = 1 << 30
_MAGIC = b"GJJPACK1"
_DIGEST_BYTES = 32


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """What can be read of a pack without its key: whose it is, and when it was made (UTC, ISO 8601)."""

    kind: str
    city: str
    device: str
    made_at: str
    sealed: bytes = b""
    signature: bytes = b""
    suite: str = SUITE


class PackedPage(msgspec.Struct, frozen=True):
    """The bytes of one scanned page."""

    digest: str
    body: bytes


class ToCentre(msgspec.Struct, frozen=True, kw_only=True):
    """From a window: envelopes in their order, pages of materials, up to where it has the feed of the centre of which
    epoch ("" before the first), and how many numbers it asks for."""

    envelopes: tuple[bytes, ...]
    pages: tuple[PackedPage, ...]
    cursor: int
    wanted: dict[str, int]
    epoch: str = ""


class ToWindow(msgspec.Struct, frozen=True, kw_only=True):
    """From the centre: its greeting, the feed past position `after` to its end, and blocks of numbers by series."""

    hello: bytes
    after: int
    rows: tuple[FeedRow, ...]
    blocks: dict[str, Block]


class PackError(OperatingError):
    """A pack that is not taken; nothing of it was used."""


T = TypeVar("T", ToCentre, ToWindow)


def seal_pack(head: Pack, body: ToCentre | ToWindow, receiver_public: bytes, sign: Callable[[bytes], bytes]) -> Pack:
    """`body` under `head`, sealed to `receiver_public` and signed."""
    sealed = seal_box(msgspec.msgpack.encode(body), receiver_public, _bound(head))
    unsigned = msgspec.structs.replace(head, sealed=sealed, signature=b"")
    return msgspec.structs.replace(unsigned, signature=sign(_message(unsigned)))


def open_pack(
    pack: Pack,
    body_type: type[T],
    receiver_keys: Sequence[bytes],
    sender_public: bytes,
    vouched: Callable[[T], Collection[bytes]] = lambda body: (),
) -> T:
    """What is in a pack for us, who hold any of `receiver_keys`.

    Where another key than `sender_public` signed it, `vouched` answers by what is in the pack which keys the sender has
    gone over to since; only a pack that one of those signed is believed.

    Raises:
        PackError: the sender did not sign it, it is sealed to another key, or made by another program.
    """
    if pack.suite != SUITE:
        raise PackError("数据包的加密方式本程序不认识，没有采用。", "请更新程序后再读。")
    message = _message(msgspec.structs.replace(pack, signature=b""))
    known = verify(sender_public, message, pack.signature)
    try:
        body = _opened(pack, body_type, receiver_keys)
        if not known and not any(verify(key, message, pack.signature) for key in vouched(body)):
            raise _not_signed()
    except PackError as error:
        raise error if known else _not_signed() from None
    return body


def _not_signed() -> PackError:
    return PackError("数据包的签名不对，可能被改动过，没有采用。", "请重新导出一份；再出现时联系中心管理员。")


def _opened(pack: Pack, body_type: type[T], receiver_keys: Sequence[bytes]) -> T:
    boxes = (open_box(pack.sealed, private, public_key(private), _bound(pack)) for private in receiver_keys)
    opened = next((box for box in boxes if box is not None), None)
    if opened is None:
        raise PackError("数据包不是给本机的，或密钥已经更换，打不开。", "请用现在的程序重新导出一份。")
    try:
        return msgspec.msgpack.decode(opened, type=body_type)
    except UNREADABLE:
        raise PackError("数据包里的内容本程序读不出来，没有采用。", "请更新程序后再读。") from None


def write_pack(path: Path, pack: Pack) -> None:
    """Put the pack on the stick, whole or not at all; a file of that name is replaced.

    Raises:
        PackError: the stick is full, can not be written, or was pulled out; or the pack is larger than any program
            reads. Nothing of it stands under the name.
    """
    content = _MAGIC + msgspec.msgpack.encode(pack)
    if len(content) + _DIGEST_BYTES > FILE_BYTES_MAX:
        raise PackError("数据太多，一个数据包装不下。", "请把机器带到有网络的地方同步一次，再用介质交换。")
    begun = path.with_name(path.name + ".part")
    try:
        with begun.open("wb") as file:
            file.write(content)
            file.write(sha256(content).digest())
            file.flush()
            os.fsync(file.fileno())
        os.replace(begun, path)
        _folder_to_disk(path.parent)
    except OSError as error:
        _forget(begun)
        raise PackError(
            "没有写到移动介质上：介质已满、只读，或中途拔出。", "请换一个介质再导出，本机数据没有变。"
        ) from error


def read_pack(path: Path, kind: str) -> Pack:
    """The pack of this kind in a file, unopened.

    Raises:
        PackError: there is none, it is cut off, or it goes the other way.
    """
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise PackError("这个文件太大，不是数据交换包。", "请核对文件。")
        content = path.read_bytes()
    except OSError as error:
        raise PackError("移动介质上的文件读不出来。", "请重新插好介质再试；仍不行请换介质重新导出。") from error
    if not content.startswith(_MAGIC):
        raise PackError("这个文件不是数据交换包。", f"请选择扩展名为 {SUFFIX} 的文件。")
    content, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
    if sha256(content).digest() != digest:
        raise PackError("数据包不完整，可能没有写完就拔出了介质。", "请重新导出一份，本机数据没有变。")
    try:
        pack = msgspec.msgpack.decode(content[len(_MAGIC) :], type=Pack)
    except UNREADABLE:
        raise PackError("数据包的格式本程序不认识，没有采用。", "请更新程序后再读。") from None
    if pack.kind != kind:
        raise PackError(*_OTHER_WAY[kind])
    return pack


_OTHER_WAY = {
    TO_CENTRE: ("这是中心给窗口的回执包，不是窗口的业务包。", "请选择窗口导出的文件。"),
    TO_WINDOW: ("这是窗口交给中心的业务包，不是中心的回执包。", "请选择中心交回的文件。"),
}


def _bound(pack: Pack) -> bytes:
    return msgspec.msgpack.encode((pack.suite, pack.kind, pack.city, pack.device, pack.made_at))


def _message(unsigned: Pack) -> bytes:
    return b"gjj.pack.1\0" + sha256(msgspec.msgpack.encode(unsigned)).digest()


def _forget(begun: Path) -> None:
    try:
        begun.unlink(missing_ok=True)
    except OSError:  # the stick is gone, and with it what was begun
        return


def _folder_to_disk(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows can not open a folder
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
