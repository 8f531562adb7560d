"""Holds recorded QuickBooks traffic against the simulator, and recorded faults against our client.

`python -m qbo_simulator.check DIR` reads every file below a folder, prepares in a fresh simulator
what each request refers to, replays it, and compares status, keys and JSON types. A file that holds
a reply alone is replayed by a request that would bring it about. Only `parser` knows our client.
"""
