"""The workers: one actor per entity over one body that claims, maps, calls and settles.

Owns no table: records are claimed and settled through `records`, slots and calls through
`coordination`, tokens through `connections`. `mapping` is pure. Dramatiq only delivers; nothing is
retried or delayed by it, since waits and retries live in PostgreSQL.
"""
