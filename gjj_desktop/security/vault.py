"""The machine's secrets: kept in the operating system's keyring and nowhere else, ever."""

import base64
import sys
import time
from collections.abc import Callable
from functools import partial, wraps
from importlib import import_module
from typing import Concatenate, ParamSpec, TypeVar

from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, KeyringLocked, PasswordDeleteError

from gjj_desktop.errors import OperatingError

STORE_KEY = "store_key"
DEVICE_KEY = "device_key"
DEVICE_PASSWORD = "device_password"  # noqa: S105  # the name of a secret
STORE_KEY_NEXT = "store_key_next"
DEVICE_KEY_NEXT = "device_key_next"
DEVICE_PASSWORD_NEXT = "device_password_next"  # noqa: S105
DEVICE_PASSWORD_BEFORE = "device_password_before"  # noqa: S105
"""What stands beside a secret while it is being changed: the one that is to take its place."""
STORE_KEY_COMING = "store_key_coming"
"""The key that the file gets at the next start, once halves of it are made."""
OWN_SECRETS = (
    STORE_KEY,
    STORE_KEY_NEXT,
    STORE_KEY_COMING,
    DEVICE_KEY,
    DEVICE_KEY_NEXT,
    DEVICE_PASSWORD,
    DEVICE_PASSWORD_NEXT,
    DEVICE_PASSWORD_BEFORE,
)
"""Everything with which this machine is a window."""

_KEYRINGS = {
    "win32": (("keyring.backends.Windows", "WinVaultKeyring"),),
    "darwin": (("keyring.backends.macOS", "Keyring"),),
    "linux": (("keyring.backends.SecretService", "Keyring"), ("keyring.backends.kwallet", "DBusKeyring")),
}
"""The keyrings that are trusted, by platform. What `keyring` is configured to use is not asked, so that no setting
and no environment variable can send a key into a plain file."""

P = ParamSpec("P")
T = TypeVar("T")


_RESTART_SECONDS = (0.2, 0.4, 0.8)
"""What is waited after each try that met no service: a desktop starts one that died again at once."""


def os_keyring() -> KeyringBackend:
    """This user's real keyring; OperatingError when the machine has none that answers."""
    backends: list[type[KeyringBackend]] = [
        getattr(import_module(module_name), class_name) for module_name, class_name in _KEYRINGS.get(sys.platform, ())
    ]
    for seconds in (*_RESTART_SECONDS, 0.0):
        viable = next((backend for backend in backends if backend.viable), None)
        if viable is not None:
            return viable()
        time.sleep(seconds)
    raise OperatingError("本机没有可用的系统密钥环，程序无法保管密钥。", _what_to_install())


def _what_to_install() -> str:
    if sys.platform == "linux":
        return "请安装并登录 gnome-keyring 或 KWallet（需要 D-Bus 会话），然后重新启动程序。"
    return "请用平时的系统账户登录，确认系统的凭据管理可以使用，然后重新启动程序。"


def _said_plainly(call: Callable[Concatenate["Vault", P], T]) -> Callable[Concatenate["Vault", P], T]:
    """`call`, with whatever the keyring's service throws said as an OperatingError."""

    @wraps(call)
    def wrapper(vault: "Vault", /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return _restarts_waited_for(partial(call, vault, *args, **kwargs))
        except KeyringLocked as error:
            raise _locked() from error
        except (KeyringError, OSError, RuntimeError) as error:
            raise OperatingError("系统密钥环没有回答。", "请重新登录系统后再启动程序；仍不行请联系管理员。") from error
        except Exception as error:  # D-Bus errors of two libraries have no common base below Exception
            if type(error).__module__.partition(".")[0] not in ("jeepney", "secretstorage", "dbus"):
                raise
            raise _locked() from error

    return wrapper


def _restarts_waited_for(call: Callable[[], T]) -> T:
    """What `call` answers; where it meets no service, or one that ends under it, it is tried again."""
    for seconds in _RESTART_SECONDS:
        try:
            return call()
        except Exception as error:
            if not _is_without_service(error):
                raise
            time.sleep(seconds)
    return call()


def _is_without_service(error: Exception) -> bool:
    """Whether no service answered, as secretstorage says it, itself or through `keyring`; what a person declined is not
    asked again."""
    return "SecretServiceNotAvailableException" in (type(error).__name__, type(error.__cause__).__name__)


def _locked() -> OperatingError:
    return OperatingError("系统密钥环已锁定，取不出本机的密钥。", "请用登录密码解锁密钥环，然后重新启动程序。")


class Vault:
    """Secrets of one `service` in the keyring, by name; bytes in, bytes out."""

    def __init__(self, service: str) -> None:
        """Raises OperatingError when there is no keyring."""
        self.service = service
        self._keyring = os_keyring()

    @_said_plainly
    def get(self, name: str) -> bytes | None:
        """The secret, or None when none is kept under this name."""
        try:
            text = self._keyring.get_password(self.service, name)
        except Exception as error:
            if type(error).__name__ != "ItemNotFoundException":  # of secretstorage: forgotten while it was looked at
                raise
            text = None
        return None if text is None else base64.b64decode(text)

    @_said_plainly
    def put(self, name: str, secret: bytes) -> None:
        """Keep `secret`, in place of what was there; it is read back before this returns."""
        text = base64.b64encode(secret).decode()
        self._keyring.set_password(self.service, name, text)
        if self._keyring.get_password(self.service, name) != text:
            raise OperatingError("系统密钥环没有存下本机的密钥。", "请检查密钥环是否可写，然后再试一次。")

    @_said_plainly
    def delete(self, name: str) -> None:
        """Forget the secret; nothing happens when there is none."""
        if self._keyring.get_password(self.service, name) is None:
            return
        try:
            self._keyring.delete_password(self.service, name)
        except PasswordDeleteError:  # someone else was quicker
            return
