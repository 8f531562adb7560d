"""What every process shares: life, leadership, nudges, and the limiter of each realm's calls.

It knows company, realm, record and attempt by id only, and never commits: a function here takes
an open connection and is part of its caller's transaction. Time in SQL is always
`proline_qbo.clock()`, which tests replace.
"""
