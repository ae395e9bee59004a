"""Somebody types a case and never gets to hand it in: the test kills this process."""

import sys
import time
from pathlib import Path

from gjj_desktop.counter.forms import FormDesk
from gjj_desktop.demo.desk import DemoDesk

if __name__ == "__main__":
    folder, service, clerk = sys.argv[1:]
    window = DemoDesk(Path(folder), service).sign_in(clerk, sys.stdin.readline().strip())
    FormDesk(window, "account.open_flexible").save_draft({"name": "何小满", "identity_no": "990501"})
    print("typing", flush=True)
    while True:
        FormDesk(window, "account.open_flexible").check({"name": "何小满"})
        time.sleep(0.001)
