"""One window at work: its disk, its keys, who is signed in, and what it may decide by."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime

import msgspec
from sqlalchemy import Connection

from gjj_desktop.cases.answer import Verdict
from gjj_desktop.cases.command import Command
from gjj_desktop.cases.decide import needs
from gjj_desktop.cases.kind import Context
from gjj_desktop.cases.rows import Clerk, Device, Grant, GrantBody, Outlet, PolicyVersion
from gjj_desktop.cases.state import Need, State, need
from gjj_desktop.clock import CHINA
from gjj_desktop.errors import OperatingError
from gjj_desktop.rules.policy import NoRuleInForce, Policy, policy_from_bytes
from gjj_desktop.security.door import FREE_TRIES, Door
from gjj_desktop.security.keys import public_key
from gjj_desktop.security.sign_in import Session
from gjj_desktop.store import meta, own_key, view
from gjj_desktop.store.centre_time import put_right
from gjj_desktop.store.clerks import WrongPasswords
from gjj_desktop.store.store import Store
from gjj_desktop.sync.kept import POLICY_VERSION


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the window stands, as papers and the screen say it."""

    device: str
    outlet: str
    outlet_name: str
    centre_name: str

    @property
    def window_name(self) -> str:
        """ "3 号窗" for device 990503."""
        return f"{int(self.device[4:])} 号窗"


class Window:
    """What every use case works on. Once a command is on the disk `before_leaving` is called, before anything of it
    leaves the machine, and then `nudge`, which wakes the sync."""

    def __init__(
        self,
        store: Store,
        device_key: bytes,
        nudge: Callable[[], None] = lambda: None,
        before_leaving: Callable[[], None] = lambda: None,
        next_key: bytes | None = None,
    ) -> None:
        """An enrolled window; raises OperatingError when this store was never enrolled.

        `next_key` is the device key to which the window is going over, if it is.
        """
        self.store = store
        self.use_keys(device_key, next_key)
        self.nudge = nudge
        self.before_leaving = before_leaving
        self.session: Session | None = None
        self._policy: tuple[str, Policy] | None = None
        with store.read() as connection:
            device, outlet = meta.get(connection, meta.DEVICE, str), meta.get(connection, meta.OUTLET, str)
        if not device or not outlet:
            raise OperatingError("本机还没有登记为窗口。", "请用中心给的登记码先登记本机。")
        self.device, self.outlet = device, outlet
        self.door = Door(WrongPasswords(store), self._free_tries())

    def _free_tries(self) -> int:
        """How many wrong passwords policy lets pass without waiting; the standing number before there is a policy."""
        with self.store.read() as connection:
            try:
                row = self.policy(connection).on("security", self.business_date(connection))
            except (OperatingError, NoRuleInForce):
                return FREE_TRIES
        return int(row["wrong_passwords"])

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent snapshot of the store."""
        with self.store.read() as connection:
            yield connection

    def signed_in(self) -> Session:
        """Who works here now; OperatingError when nobody does."""
        if self.session is None or self.session.locked:
            raise OperatingError("还没有登录，或已锁定。", "请先输入密码登录。")
        return self.session

    @property
    def device_key(self) -> bytes:
        """The device key by which the centre surely knows this window: while it changes, the old one."""
        return self._keys[0]

    @property
    def device_keys(self) -> tuple[bytes, ...]:
        """Every device key that this machine holds."""
        return self._keys

    def use_keys(self, device_key: bytes, next_key: bytes | None = None) -> None:
        """From now on these are the device keys that the machine holds."""
        self._keys = (device_key,) if next_key is None or next_key == device_key else (device_key, next_key)

    def signing_key(self, connection: Connection) -> bytes:
        """The device key that signs the next command: which one the file says, in the transaction that saves it.

        A file that does not say, because it is an older image, goes by what the centre says of this window.
        """
        keys = self._keys
        if len(keys) == 1:
            return keys[0]
        begun = own_key.turn(connection)
        if begun is not None and own_key.verdict(connection, begun) != Verdict.REFUSED:
            wanted = begun.public_key
        else:
            row = view.one(connection, Device, self.device)
            wanted = row.public_key if row is not None else b""
        return next((key for key in keys if public_key(key) == wanted), keys[0])

    def grant(self, connection: Connection) -> GrantBody | None:
        """The grant of who is signed in, also locked, as the centre has renewed it since; None when nobody is.

        Its signature was checked when it came.
        """
        if self.session is None:
            return None
        signed_in_under = self.session.grant
        newest = view.one(connection, Grant, f"{signed_in_under.clerk}@{self.device}")
        body = msgspec.msgpack.decode(newest.body, type=GrantBody) if newest is not None else signed_in_under
        return body if body.public_key == signed_in_under.public_key else signed_in_under

    def place(self, connection: Connection) -> Place:
        """Where this window stands; until the first sync brings the outlet, the city's name that the ticket gave."""
        found = view.load_view(connection, [need(Outlet, self.outlet)])
        outlet = next((row for row in found if isinstance(row, Outlet)), None)
        city = meta.get(connection, meta.CITY_NAME, str)
        return Place(
            device=self.device,
            outlet=self.outlet,
            outlet_name=outlet.name if outlet else city or self.outlet,
            centre_name=outlet.centre_name if outlet else "",
        )

    def business_date(self, connection: Connection) -> date:
        """The centre's business date as last heard, or today in China where that is later."""
        heard = meta.get(connection, meta.BUSINESS_DATE, date)
        today = self.now(connection).date()
        return max(today, heard) if heard else today

    def now(self, connection: Connection) -> datetime:
        """The time in China, put right by the clock skew that the last greeting measured."""
        return put_right(meta.get(connection, meta.CLOCK_SKEW_SECONDS, float)).astimezone(CHINA)

    def policy(self, connection: Connection) -> Policy:
        """The policy that was published last; OperatingError before the first sync brought one."""
        wanted = meta.get(connection, POLICY_VERSION, str)
        if self._policy is not None and self._policy[0] == wanted:
            return self._policy[1]
        versions = view.rows_of(connection, PolicyVersion)
        current = next((row for row in versions if row.policy_version == wanted), None) or max(
            versions, key=lambda row: row.published_on, default=None
        )
        if current is None:
            raise OperatingError("本机还没有业务政策。", "请联网同步一次后再办理业务。")
        if self._policy is None or self._policy[0] != current.policy_version:
            self._policy = (current.policy_version, policy_from_bytes(current.body))
        return self._policy[1]

    def clerk(self, connection: Connection) -> Clerk | None:
        """The signed-in clerk as the centre knows them."""
        rows = view.load_view(connection, [need(Clerk, self.signed_in().clerk)])
        return next((row for row in rows if isinstance(row, Clerk)), None)

    def context(self, connection: Connection, command: Command) -> Context:
        """The command on this window's view, with every row loaded that its decision looks at."""
        context = Context(State(), command, self.policy(connection), self.business_date(connection))
        load_needs(connection, context)
        return context


def same_but(connection: Connection, context: Context, command: Command) -> Context:
    """The context of `command`, which differs from that of `context` in little: only what is new is loaded."""
    other = context._replace(command=command)
    load_needs(connection, other, seen=set(needs(context)))
    return other


def load_needs(
    connection: Connection,
    context: Context,
    seen: Collection[Need] = (),
    wanted: Callable[[Context], list[Need]] = needs,
) -> None:
    """Load what the decision, or another function of the context, looks at, asking again until it asks for nothing
    new; `seen` is there already."""
    seen = set(seen)
    while new := [each for each in dict.fromkeys(wanted(context)) if each not in seen]:
        seen.update(new)
        context.state.load(view.load_view(connection, new))
