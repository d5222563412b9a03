"""A process that is of no use without its parent."""

import ctypes
import signal
import sys

_SIGNAL_AT_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG, prctl(2)


def die_with_parent() -> None:
    """This process is killed when the thread that started it ends, with its process or before."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
