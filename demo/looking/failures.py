"""What a button cannot do just now."""


class NotNow(Exception):
    """Nothing was done; the message is a sentence that says what comes first."""
