"""Which Chromium the tests of the page drive: named by `CHROMIUM`, or Debian's own on the path.

Nothing is downloaded: Playwright's package brings the hand that drives a browser, and no browser.
"""

import os
import shutil
from pathlib import Path
from typing import Final

NAMED_BY: Final = "CHROMIUM"
ON_THE_PATH: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


class NoBrowser(Exception):
    """No browser is here; the message says in a sentence what to do."""


def chromium() -> Path:
    """Return the program.

    Raises:
        NoBrowser: none is here, or none where `CHROMIUM` says.
    """
    named = os.environ.get(NAMED_BY)
    if named:
        if shutil.which(named) is None:
            raise NoBrowser(f"{NAMED_BY} names {named}, which is no program: name a Chromium.")
        return Path(named)
    found = next(filter(None, map(shutil.which, ON_THE_PATH)), None)
    if found is None:
        raise NoBrowser(
            "The tests of the page need Chromium, and none was found: install it (Debian: apt"
            f" install chromium), or name it with {NAMED_BY}=/path/to/chromium."
        )
    return Path(found)


def is_missing() -> bool:
    """Return whether there is none, and none is named."""
    try:
        chromium()
    except NoBrowser:
        return not os.environ.get(NAMED_BY)
    return False


def chosen() -> str:
    """Say in words which one it will be, for the header of the run."""
    try:
        return str(chromium())
    except NoBrowser:
        return "none is here"
