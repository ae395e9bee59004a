#!/usr/bin/env python3
"""Makes this checkout ready to run: system packages on Debian, then .venv/ with everything in it.

Says each thing it installs and why, installs only what is missing, and is done in a moment when nothing is.
Needs only Python's standard library; the syntax is plain enough for an old Python 3 to say that it is too old.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
READY = VENV / ".ready"
LOGS = ROOT / ".setup"
APT_LOG, VENV_LOG, PIP_LOG = "apt-get.log", "venv.log", "pip.log"
PYTHON_MIN = (3, 11)
VERSION = sys.version.split()[0]
COULD_NOT_REACH = 3
APT_TRIES_MAX = 3

SYSTEM_PACKAGES = (
    (
        "Qt draws the window with them",
        "libdbus-1-3 libegl1 libfontconfig1 libgl1 libglib2.0-0 libx11-xcb1 libxcb-cursor0 libxcb-icccm4 libxcb-image0 "
        "libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0 libxkbcommon0",
    ),
    ("Qt finds the system's printers with it", "libcups2"),
    ("Chinese on the screen", "fonts-noto-cjk"),
    ("Chinese on paper, rare characters of names too", "fonts-wqy-zenhei fonts-hanazono fonts-arphic-uming"),
    ("the keyring that holds keys and passwords", "gnome-keyring dbus-daemon"),
    ("the tests open real windows on a virtual screen", "xvfb"),
    ("the tests read printed papers back", "poppler-utils"),
    ("the tests run a centre with TLS on it, beside the embedded PostgreSQL that has none", "postgresql"),
)
VENV_PACKAGES = ("Python makes .venv/ with it", "python3-venv")
NO_CLUSTER = "/etc/postgresql-common/createcluster.d/gjj-desktop.conf"


class SetupError(Exception):
    """Something stands in the way; the message says what to do."""


def main():
    """Set up what is missing; 0 when ready, 3 when something could not be reached or installed."""
    try:
        refuse_old_python()
        install_system_packages()
        make_venv()
    except SetupError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return COULD_NOT_REACH
    except KeyboardInterrupt:
        print("\nset-up: interrupted; start it again and it goes on", file=sys.stderr)
        return COULD_NOT_REACH
    return 0


def say(line):
    """One line for the person who waits."""
    print(f"set-up: {line}", flush=True)


def refuse_old_python():
    """Stop where python3 is older than the program needs."""
    if sys.version_info < PYTHON_MIN:
        raise SetupError(
            f"Python 3.11 or newer is needed and {sys.executable} is {VERSION}; "
            "install one and name it, for example: make PYTHON=python3.11 demo"
        )


# System packages


def install_system_packages():
    """Install the Debian packages that are missing; elsewhere say which libraries are needed and go on."""
    if not sys.platform.startswith("linux"):
        return
    if not (shutil.which("dpkg-query") and shutil.which("apt-get")):
        if not is_ready():
            say("not a Debian system: nothing is installed here. Needed are, by their Debian names:")
            list_packages(SYSTEM_PACKAGES)
        return
    missing = missing_packages()
    if not missing:
        return
    say("these system packages are missing and get installed:")
    list_packages(missing)
    wanted = [name for _, names in missing for name in names.split()]
    if "postgresql" not in wanted:
        apt_install(wanted)
        return
    # Debian would make and start a server of its own on installing; only the programs are wanted.
    as_root("sh", "-c", f"mkdir -p {os.path.dirname(NO_CLUSTER)} && echo create_main_cluster=false >{NO_CLUSTER}")
    try:
        apt_install(wanted)
    finally:
        as_root("rm", "-f", NO_CLUSTER)


def list_packages(groups):
    """One line for each reason."""
    for reason, names in groups:
        say(f"  {reason}: {names}")


def missing_packages():
    """The groups of SYSTEM_PACKAGES, cut down to what is not installed under its own or a provided name."""
    groups = SYSTEM_PACKAGES
    if not is_whole() and find_spec("ensurepip") is None:
        groups = (*groups, VENV_PACKAGES)
    present = installed_packages()
    lacking = [(reason, " ".join(n for n in names.split() if n not in present)) for reason, names in groups]
    return [(reason, names) for reason, names in lacking if names]


def installed_packages():
    """Names of all installed packages and of what they provide."""
    command = ["dpkg-query", "-W", "-f", "${db:Status-Status}\t${Package}, ${Provides}\n"]
    listing = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    rows = (line.partition("\t") for line in listing.splitlines())
    return {
        name.split()[0]
        for status, _, names in rows
        if status == "installed"
        for name in names.split(",")
        if name.strip()
    }


def apt_install(names):
    """Install with apt-get: at once where its lists know the packages, else after an update, which is tried again."""
    install = ["install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", *names]
    if apt_knows(names) and apt(*install):
        return
    for tried in range(APT_TRIES_MAX):
        time.sleep(3 * tried)
        apt("update", "-q")  # may fail for another source than ours; the installation tells
        if apt(*install):
            return
        as_root("dpkg", "--configure", "-a")  # finishes what an interrupted installation left half done
    stop("apt-get could not install what is missing", APT_LOG)


def apt_knows(names):
    """Whether apt's lists on this machine, perhaps empty, name all the packages."""
    command = ["env", "LC_ALL=C", "apt-cache", "policy", *names]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True).stdout
    return found.count("Candidate:") - found.count("Candidate: (none)") >= len(names)


def apt(*arguments):
    """Run apt-get as root; whether it worked."""
    return as_root("apt-get", *arguments)


def as_root(*command):
    """Run a command as root, asking nothing but a sudo password; whether it worked."""
    if os.geteuid() != 0 and not shutil.which("sudo"):
        raise SetupError(
            "this needs root and there is no sudo; ask an administrator to install the packages named above"
        )
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    return logged([*sudo, "env", "DEBIAN_FRONTEND=noninteractive", *command], f"{command[0]}.log")


# The virtual environment


def make_venv():
    """Make .venv/ as constraints.txt says; nothing where the last run finished and nothing changed since."""
    if is_ready():
        return
    whole = is_whole()
    READY.unlink(missing_ok=True)  # until pip is done, whatever stops us leaves a .venv/ that is made anew
    if not whole:
        say(f"making .venv/ with {sys.executable} (Python {VERSION})")
        run_or_stop([sys.executable, "-m", "venv", "--clear", str(VENV)], VENV_LOG, "python3 could not make .venv/")
    count = (ROOT / "constraints.txt").read_text().count("==")
    say(f"installing gjj-desktop, gjj-central and the {count} Python packages of constraints.txt into .venv/:")
    say("  Qt, SQLCipher, an embedded PostgreSQL for demo and tests, ReportLab, and what checks the code")
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    run_or_stop([*pip, "-c", "constraints.txt", "-e", ".[dev]"], PIP_LOG, "pip could not install what is needed")
    READY.write_text(stamp())
    say("ready")


def is_ready():
    """Whether a run that finished made .venv/ from the files as they are now."""
    return VENV_PYTHON.exists() and READY.exists() and READY.read_text() == stamp()


def is_whole():
    """Whether a run that finished made .venv/ in this place with this Python, perhaps from older files."""
    return VENV_PYTHON.exists() and READY.exists() and READY.read_text().splitlines()[:1] == [place()]


def place():
    """Where .venv/ is and for which Python; scripts in it name both."""
    return f"{ROOT} {sys.version_info[0]}.{sys.version_info[1]}"


def stamp():
    """What a finished run leaves behind: the place, and a digest of whatever .venv/ is made from."""
    sources = (ROOT / "constraints.txt", ROOT / "pyproject.toml", Path(__file__).resolve())
    digest = hashlib.sha256(b"".join(hashlib.sha256(source.read_bytes()).digest() for source in sources))
    return f"{place()}\n{digest.hexdigest()}\n"


# Running programs


def run_or_stop(command, log_name, failure):
    """Run a command; where it fails, stop."""
    if not logged(command, log_name):
        stop(failure, log_name)


def stop(failure, log_name):
    """End with one sentence; CI, where nobody can look into .setup/, gets the last words of the log too."""
    if os.environ.get("CI"):
        show_end(log_name)
    raise SetupError(f"{failure}. Is the network there? Then try again; what it said is in .setup/{log_name}")


def logged(command, log_name):
    """Run a command with its words kept in .setup/; whether it worked."""
    LOGS.mkdir(exist_ok=True)
    with (LOGS / log_name).open("wb") as words:
        return (
            subprocess.run(command, cwd=str(ROOT), stdout=words, stderr=subprocess.STDOUT, check=False).returncode == 0
        )


def show_end(log_name):
    """Show the last lines of a log in .setup/."""
    lines = (LOGS / log_name).read_text(errors="replace").splitlines()
    print("\n".join(lines[-10:]), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
