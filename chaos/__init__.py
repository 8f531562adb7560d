"""The chaos harness: a busy ProLine, a system whose parts are killed, and a checker of its own.

`python -m chaos` starts real servers and processes on ports of their own, lets a seeded load of
ProLine transactions run while parts are killed and frozen, waits until everything has settled, and
has an independent checker compare QuickBooks' log and books with ProLine's tables.
"""
