"""Write resources/central/guards.txt: the guards of a database as the migrations leave it today."""

from pathlib import Path
from tempfile import TemporaryDirectory

from gjj_desktop.central.city import connect
from gjj_desktop.central.embedded import EmbeddedServer
from gjj_desktop.central.guards import standing
from gjj_desktop.central.migrate import migrate

FILE = Path(__file__).parents[2] / "resources" / "central" / "guards.txt"


def main() -> None:
    """Found nothing, only migrate, and write what stands."""
    with (
        TemporaryDirectory(prefix="gjj-centre-", ignore_cleanup_errors=True) as folder,
        EmbeddedServer(Path(folder), durable=False) as server,
    ):
        with connect(server.url()) as connection:
            connection.execute("create database gjj")
        migrate(server.url("gjj"))
        with connect(server.url("gjj")) as connection:
            lines = sorted(standing(connection))
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print(f"{FILE.name}: {len(lines)} lines")


if __name__ == "__main__":
    main()
