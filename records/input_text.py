"""What comes from a browser, before it is asked for: text that PostgreSQL can be given at all.

Text that it cannot hold names nothing, so whoever asks for it finds nothing, and no error.
"""

LENGTH_MAX = 200


def storable(text: str) -> bool:
    """Say whether text can be compared to what is stored: short, no NUL, no half characters."""
    if len(text) > LENGTH_MAX or "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
