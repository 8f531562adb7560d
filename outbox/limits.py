"""How often and how much at a time the relay does what it does."""

from dataclasses import dataclass

from outbox.intake import BYTES_MOST


@dataclass(frozen=True)
class RelayLimits:
    """How often and how much at a time; every batch, loop and wait of the relay has its limit here.

    `idle_ms` is the pause after a tick that found nothing, `rest_ms` after one that did all there
    was: what comes meanwhile is done together, and each statement of a tick costs the same for ten
    records as for one.

    `intake_batch_beside` holds while companies wait for room in a queue: workers will soon come for
    more, and a full batch of intake takes as long as they need for all that stands there.

    `pace_ms` is the least time between two turns of one company: the limiter's own pace, so that a
    worker's thread rarely waits for a slot. `full_ms` is how long a company is passed over whose
    work is all of entities with a full queue. `lost_after_seconds`: see `LostMessages`.
    `window_seconds` is the limiter's own. `beat_seconds` is half of a worker's own beat, so that
    its last is seen soon and it is declared gone within 5 s on a busy machine too; `piece_seconds`
    is the pause between two pieces of what is done bit by bit.
    """

    idle_ms: int = 5
    rest_ms: int = 4
    intake_batch: int = 500
    intake_batch_beside: int = 100
    intake_bytes: int = BYTES_MOST
    nudge_batch: int = 500
    dispatch_batch: int = 500
    pace_ms: int = 130
    full_ms: int = 100
    beat_seconds: float = 0.5
    piece_seconds: float = 1.0
    lost_after_seconds: float = 4.0
    window_seconds: float = 60.0
    full_look_seconds: float = 2.0
    floor_age_seconds: float = 60.0
    resync_seconds: float = 600.0
    resync_slice: int = 100
    closed_books_seconds: float = 60.0
    tidy_seconds: float = 60.0
    tidy_batch: int = 5_000
