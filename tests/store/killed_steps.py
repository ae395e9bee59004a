"""Which step is a program killed at: counts the steps that it passes, and ends it by SIGKILL at the chosen one."""

import os
import signal


class Steps:
    """Counts from 1; `kill_at` 0 is never reached."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at, self.passed = kill_at, 0

    def step(self) -> None:
        self.passed += 1
        if self.passed == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(self, function):
        """`function` with a step before and after it."""

        def wrapper(*args, **kwargs):
            self.step()
            result = function(*args, **kwargs)
            self.step()
            return result

        return wrapper
