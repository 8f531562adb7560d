"""Where an error nobody foresaw struck, for a log: places in the code, and none of its words.

What an exception says may quote what a customer wrote; where it was raised does not.
"""

import traceback
from pathlib import Path

FRAMES_SHOWN = 6


def where(error: BaseException) -> list[str]:
    """Name the innermost calls, the last one last."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_SHOWN:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
