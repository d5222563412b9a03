"""A process that holds the embedded server until its input ends.

    python holder.py HOME POSTGRES_BIN UID

Prints the server's URL once it runs, or `Unavailable: ...`. With a UID other than our own, it becomes that user
first (its modules are loaded before: the user may not be able to read where they lie).
"""

import os
import sys
from pathlib import Path

from exchange.errors import Unavailable
from exchange.store.embedded import start_embedded

home, postgres_bin, uid = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
if uid != os.geteuid():
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
try:
    with start_embedded(home, postgres_bin=postgres_bin) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        sys.stdin.read()
except Unavailable as error:
    sys.stdout.write(f"Unavailable: {error}\n")
