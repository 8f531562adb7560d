"""A faithful stand-in for QuickBooks Online, for demos and tests: a function, and its server.

Imports nothing of ours and nothing outside the standard library, but for `check`, which holds our
client's parser against recordings. Holds what Intuit documents and
what real replies show; where nobody knows what QuickBooks does, the choice stands in the module
and, where it matters, is a setting of the realm.
"""

from qbo_simulator.clock import Clock
from qbo_simulator.grants import Client
from qbo_simulator.http_server import SimulatorServer, run, serve
from qbo_simulator.simulator import Simulator
from qbo_simulator.wire import Connection, Request, Response

__all__ = [
    "Client",
    "Clock",
    "Connection",
    "Request",
    "Response",
    "Simulator",
    "SimulatorServer",
    "run",
    "serve",
]
