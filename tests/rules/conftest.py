"""What every test of a rule needs: the demo city's policy."""

import pytest

from gjj_desktop.policy_files import read_policy
from gjj_desktop.rules.policy import Policy


@pytest.fixture(scope="session")
def policy() -> Policy:
    return read_policy()
