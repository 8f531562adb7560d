"""One row per ProLine record: what ProLine wants, and what stands between that and QuickBooks.

Owns records, snapshots, transfers, dependencies, members, links, attempts, applications,
decisions, findings and the ring; nobody else writes those tables. Knows neither broker nor HTTP.
The relay (outbox/) asks it to store, evaluate and hand out places; the workers ask it to claim,
to open an attempt and to settle. Every function takes the caller's open transaction and never
commits: one place commits, and that is the caller.
"""
