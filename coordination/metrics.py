"""What every process that calls QuickBooks counts of its limits, and every process of its life."""

from prometheus_client import Counter

throttles = Counter(
    "proline_qbo_throttles",
    "429s of QuickBooks; ours: we were above its limits, foreign: another app uses the rest",
    ["whose"],
)
for _whose in ("ours", "foreign"):
    throttles.labels(_whose)
beats_failed = Counter(
    "proline_qbo_beats_failed", "Beats of this process that the database did not take"
)
