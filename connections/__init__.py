"""Companies: their connection to QuickBooks, encrypted tokens, settings and pauses.

The only writer of `companies`, `books` and `tokens`. Stands between the relay and the workers,
which ask what a company may do now, and `qbo_client`, which it gives tokens and slots. A change
that others may wait for leaves a company-wide nudge in the same transaction. Whoever turns a
company off, disconnects or reconnects it also returns its unclaimed places (`records`) in that
transaction: this package stands below records and cannot.
"""
