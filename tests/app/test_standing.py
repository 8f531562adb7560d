"""How a process that serves is asked to stop."""

import subprocess
import sys

ROUNDS = 3000
LIMIT_SECONDS = 20.0

# The signal comes from another process, at any instant of the loop that waits for it. One round is
# a process that stands until it is told to go; its look is as short as can be, so that a signal
# often comes within it.
STANDS = """
import os, signal, sys, threading
from types import SimpleNamespace
from app import standing

standing.LOOK_SECONDS = 0.0
standing.log = SimpleNamespace(info=lambda *_, **__: None)
life = SimpleNamespace(gone=threading.Event())
read, write = os.pipe()
if os.fork() == 0:
    os.close(write)
    while os.read(read, 1):
        for _ in range(os.urandom(1)[0] * 8):
            pass
        os.kill(os.getppid(), signal.SIGTERM)
    os._exit(0)
for _ in range(int(sys.argv[1])):
    with standing.asked_to_stop() as asked:
        os.write(write, b".")
        standing.stand("worker", life, asked)
"""


def test_a_signal_is_heard_whenever_it_comes() -> None:
    """Also in the middle of the look whether it has come: nothing the handler does may wait."""
    stood = subprocess.run(  # noqa: S603  # this Python, with the script above
        [sys.executable, "-c", STANDS, str(ROUNDS)], timeout=LIMIT_SECONDS, check=False
    )

    assert stood.returncode == 0
