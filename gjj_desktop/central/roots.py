"""Which certificates vouch for the centre's server: those that a ticket gives a window."""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gjj_desktop.central.refused import RefusedError
from gjj_desktop.clock import utc_now

ROOTS_MAX = 4


def read_roots(file: Path | None) -> str:
    """The certificates of authorities in `file` (PEM), cleaned of whatever else stands there; "" for no file.

    The next authority's certificate may stand behind today's: windows then trust both.

    Raises:
        RefusedError: the file can not be read, has none or too many, or one is no authority's or has expired.
    """
    if file is None:
        return ""
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        raise RefusedError(f"{file.name} 中没有证书。", "请给出签发中心证书的根证书文件（PEM）") from error
    if len(found) > ROOTS_MAX:
        raise RefusedError(f"{file.name} 中有 {len(found)} 张证书。", "请只放签发中心证书的根证书")
    for each in found:
        if not _is_authority(each):
            raise RefusedError(f"{file.name} 中有一张不是根证书。", "请给出签发中心证书的根证书，不是服务器的证书")
        if each.not_valid_after_utc < utc_now():
            raise RefusedError(f"{file.name} 中有一张证书已经过期。", "请换上有效的根证书")
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in found)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
