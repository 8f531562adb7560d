"""The demonstration before relays and workers that somebody else has started."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from app.settings import CompanySettings, load
from demo.compose import composed_before_running
from demo.failures import DemonstrationFailed
from demo.run import run
from demo.scenario import plan
from qbo_simulator.http_server import serve
from qbo_simulator.simulator import Simulator
from tests.support.processes import fleet_for
from tests.support.roofer import access_to
from tests.support.zygote import Zygote

SEED = 7
AS_FAST_AS_POSSIBLE = 1e9


def test_it_is_played_before_what_runs_and_agrees(
    zygote: Zygote,
    database_url: str,
    amqp_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What docker compose starts is judged by the same comparer, to the cent."""
    with (
        serve(Simulator()) as simulator,
        fleet_for(access_to(simulator.base_url), zygote, database_url, amqp_url, tmp_path) as fleet,
    ):
        fleet.relay()
        fleet.worker()
        for name, value in fleet.environment.items():
            monkeypatch.setenv(name, value)
        played = plan(SEED, datetime.now(UTC).date())
        written = io.StringIO()
        with composed_before_running(load(CompanySettings), played) as stage:
            for realm_id in stage.realms.values():
                stage.simulator.lift_limits(realm_id)
            quick = replace(stage, speed=AS_FAST_AS_POSSIBLE, reads_apart_seconds=0.0)
            code = run(quick, Console(file=written), as_json=True)

    assert code == 0, written.getvalue()
    assert json.loads(written.getvalue())["differences"] == 0


def test_it_writes_to_no_real_books(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    """Whatever the environment holds: only the simulator's companies are invented."""
    for name, value in {
        "DATABASE_URL": database_url,
        "QBO_ENVIRONMENT": "sandbox",
        "QBO_CLIENT_ID": "app",
        "QBO_CLIENT_SECRET": "secret",
        "QBO_REDIRECT_URI": "https://proline.example.com/callback",
        "TOKEN_KEYS": "key:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    }.items():
        monkeypatch.setenv(name, value)

    with (
        pytest.raises(DemonstrationFailed, match="QBO_ENVIRONMENT=simulator"),
        composed_before_running(load(CompanySettings), plan(SEED, datetime.now(UTC).date())),
    ):
        raise AssertionError("it was composed")
