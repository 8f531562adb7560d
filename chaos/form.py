"""How long and how hard: a short form for every change of the code, a long one for a release."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Final


@dataclass(frozen=True, slots=True)
class Form:
    """One form of the harness.

    Attributes:
        load_seconds: how long ProLine writes and parts are harmed.
        settle_seconds: how long everything may take to come to rest afterwards.
        companies: how many contractors.
        authors: how many of ProLine's users write at the same time.
        changes_per_second: draws of all authors together; some of them are several changes.
        changes_least: how many must have been committed for the run to prove anything.
        kills_least: how often something must have been killed.
        processes: how many of each kind the platform keeps running.
        requestid_proved: whether the system counts on a requestid being replayed. Without it each
            payment of unknown outcome waits 130 s before it is looked up.
        harm_every_seconds: the mean pause between two acts, by lane; a lane that is not named is
            left out.
        slow_faults_until_seconds: until when faults are ordered more than once that keep work
            waiting for a minute.
        does_all: whether every act must have been done, the rare ones too.
        lingers: whether one author more keeps each transaction open for over a minute.
    """

    load_seconds: float
    settle_seconds: float
    companies: int
    authors: int
    changes_per_second: float
    changes_least: int
    kills_least: int
    requestid_proved: bool
    harm_every_seconds: Mapping[str, float]
    slow_faults_until_seconds: float
    does_all: bool
    lingers: bool
    processes: Mapping[str, int]


SHORT: Final = Form(
    load_seconds=120.0,
    settle_seconds=100.0,
    companies=6,
    authors=10,
    changes_per_second=40.0,
    changes_least=2_500,
    kills_least=20,
    requestid_proved=True,
    harm_every_seconds={
        "relays": 2.0,
        "workers": 1.0,
        "servers": 2.0,
        "quickbooks": 1.5,
        "office": 8.0,
    },
    slow_faults_until_seconds=30.0,
    does_all=False,
    lingers=False,
    processes={"relay": 2, "worker": 3},
)
LONG: Final = Form(
    load_seconds=3_300.0,
    settle_seconds=600.0,
    companies=12,
    authors=28,
    changes_per_second=100.0,
    changes_least=250_000,
    kills_least=200,
    requestid_proved=False,
    harm_every_seconds={
        "relays": 20.0,
        "workers": 12.0,
        "servers": 40.0,
        "quickbooks": 10.0,
        "office": 60.0,
        "stalls": 300.0,
    },
    slow_faults_until_seconds=inf,
    does_all=True,
    lingers=True,
    processes={"relay": 2, "worker": 3},
)
