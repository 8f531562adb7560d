"""Production loads neither the demo nor the stand-in: only their own commands do."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
import app.cli
packages = {name.partition(".")[0] for name in sys.modules}
print(*sorted(packages & {"demo", "qbo_simulator", "faker"}))
"""


def test_the_command_line_loads_no_demo_and_no_simulator() -> None:
    """The production image has no simulator, and every command must start there all the same."""
    loaded = subprocess.run(  # noqa: S603  # this Python, with the script above
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        check=False,
        cwd=Path(__file__).parents[2],
        text=True,
        timeout=60,
    )

    assert (loaded.stdout.strip(), loaded.returncode) == ("", 0), loaded.stderr
