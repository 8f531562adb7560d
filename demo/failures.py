"""What keeps the demonstration from being played; the sentence says what to do."""


class DemonstrationFailed(RuntimeError):
    """It could not be played to its end; this says nothing of ProLine's or QuickBooks' books."""
