"""The policy tables as files: one TOML file for each table."""

import tomllib
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from gjj_desktop.rules.policy import Policy, PolicyError, policy_from_tables


def read_policy(folder: Path | None = None) -> Policy:
    """The policy in `folder`, by default the demo city's that comes with the program (`resources/policy`).

    Raises:
        PolicyError: the folder has no tables, a file is not TOML, or a table is malformed; the message names the
            file and the row.
    """
    place: Traversable = folder if folder is not None else files("resources").joinpath("policy")
    found = sorted((each for each in place.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name)
    if not found:
        raise PolicyError(f"{folder or 'resources/policy'}: there are no policy tables (*.toml)")
    return policy_from_tables({each.name.removesuffix(".toml"): _content(each) for each in found})


def _content(file: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{file.name}: {error}") from error
