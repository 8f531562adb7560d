"""Settings: each command asks for what it needs, and says everything that is wrong at once."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.addresses import ListenAddress
from app.keys import EXAMPLE_TOKEN_KEY, LONGEST_JWKS_BYTES
from app.settings import (
    MigrateSettings,
    RelaySettings,
    SettingsInvalid,
    WebSettings,
    WorkerSettings,
    descriptions,
    load,
)

FIRST_KEY = base64.b64encode(b"1" * 32).decode()
SECOND_KEY = base64.b64encode(b"2" * 32).decode()
PUBLIC_JWKS = json.dumps({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]})
COMPLETE = {
    "DATABASE_URL": "postgresql://proline_qbo:pass-in-url@db.example.com/proline",
    "AMQP_URL": "amqps://worker:pass-in-url@mq.example.com/",
    "BROKER": "rabbitmq",
    "QBO_ENVIRONMENT": "production",
    "QBO_CLIENT_ID": "ABclient",
    "QBO_CLIENT_SECRET": "hush-hush",
    "QBO_REDIRECT_URI": "https://qbo.example.com/callback",
    "TOKEN_KEYS": f"new:{FIRST_KEY},old:{SECOND_KEY}",
    "PROLINE_LAUNCH_KEYS": PUBLIC_JWKS,
    "METRICS_PORT": "9108",
}


class Environment:
    """The process's environment in a test's hands: it starts without any of our settings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take every setting of ours out."""
        self._monkeypatch = monkeypatch
        for name in descriptions():
            monkeypatch.delenv(name, raising=False)

    def set(self, values: Mapping[str, str | None]) -> None:
        """Set what has a value and take out what has none."""
        for name, value in values.items():
            if value is None:
                self._monkeypatch.delenv(name, raising=False)
            else:
                self._monkeypatch.setenv(name, value)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Give the test an environment without settings."""
    return Environment(monkeypatch)


def test_a_complete_environment_gives_every_group_what_it_needs(environment: Environment) -> None:
    """The values arrive typed; the newest key comes first."""
    environment.set(COMPLETE)

    worker = load(WorkerSettings)

    assert [key.id for key in worker.token_keys] == ["new", "old"]
    assert worker.token_keys[0].key == b"1" * 32
    assert worker.metrics_port == ListenAddress("127.0.0.1", 9108)
    assert load(WebSettings).proline_launch_keys.jwks == PUBLIC_JWKS


def test_a_command_asks_only_for_what_it_needs(environment: Environment) -> None:
    """The relay runs where no QuickBooks secret is known."""
    environment.set({"DATABASE_URL": "postgresql:///proline", "BROKER": "embedded"})

    assert load(RelaySettings).amqp_url is None
    assert load(MigrateSettings).database_url.get_secret_value() == "postgresql:///proline"


def test_every_problem_is_said_at_once(environment: Environment) -> None:
    """Whoever sets a machine up reads one list, not one error after another."""
    environment.set({"METRICS_PORT": "many", "QBO_ENVIRONMENT": "prod", "TOKEN_KEYS": ""})

    with pytest.raises(SettingsInvalid) as raised:
        load(WorkerSettings)

    named = {problem.split()[0] for problem in raised.value.problems}
    assert named == {
        "AMQP_URL",
        "DATABASE_URL",
        "METRICS_PORT",
        "QBO_CLIENT_ID",
        "QBO_CLIENT_SECRET",
        "QBO_ENVIRONMENT",
        "QBO_REDIRECT_URI",
        "TOKEN_KEYS",
    }
    assert all(problem.endswith(".") for problem in raised.value.problems)
    assert all(problem in str(raised.value) for problem in raised.value.problems)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"QBO_ENVIRONMENT": None}, "QBO_ENVIRONMENT is not set"),
        ({"QBO_BASE_URL": "https://qbo.example.com"}, "QBO_BASE_URL is set, and QBO_ENVIRONMENT"),
        ({"QBO_OAUTH_URL": "https://qbo.example.com"}, "QBO_OAUTH_URL is set, and QBO_ENVIRONMENT"),
        ({"QBO_ENVIRONMENT": "simulator"}, "QBO_BASE_URL is not set, and QBO_ENVIRONMENT"),
        (
            {"QBO_ENVIRONMENT": "sandbox", "QBO_BASE_URL": "http://127.0.0.1:1"},
            "QBO_BASE_URL must begin with https://",
        ),
        ({"QBO_REDIRECT_URI": "http://qbo.example.com/callback"}, "QBO_REDIRECT_URI must begin"),
        ({"QBO_REDIRECT_URI": "https://localhost/callback"}, "QBO_REDIRECT_URI names this machine"),
        ({"QBO_CLIENT_ID": "example-client-id"}, "QBO_CLIENT_ID still has the value of"),
        ({"QBO_CLIENT_SECRET": "example-client-secret"}, "QBO_CLIENT_SECRET still has the value"),
        (
            {"DATABASE_URL": "mysql://db.example.com/x"},
            "DATABASE_URL must begin with postgresql://",
        ),
        ({"AMQP_URL": None}, "AMQP_URL is not set, and BROKER is rabbitmq"),
        ({"AMQP_URL": "amqp://mq.example.com:port/"}, "AMQP_URL has a port that is no number"),
        ({"AMQP_URL": "amqp://mq.example.com:65536/"}, "AMQP_URL has a port that is no number"),
        ({"BROKER": None, "AMQP_URL": None}, "AMQP_URL is not set, and BROKER is rabbitmq"),
        ({"BROKER": "kafka"}, "BROKER must be 'embedded' or 'rabbitmq'."),
        ({"METRICS_PORT": "65536"}, "METRICS_PORT must be a port"),
        ({"TOKEN_KEYS": FIRST_KEY}, "TOKEN_KEYS must be id:base64key"),
        ({"TOKEN_KEYS": f"a:{FIRST_KEY},a:{SECOND_KEY}"}, "TOKEN_KEYS uses one id for two keys"),
        (
            {"TOKEN_KEYS": ",".join(f"k{n}:{FIRST_KEY}" for n in range(17))},
            "TOKEN_KEYS has more than 16 keys",
        ),
        ({"TOKEN_KEYS": "a:c2hvcnQ="}, "TOKEN_KEYS needs keys of 32 bytes; key 1 has 5"),
        ({"TOKEN_KEYS": f"a:{FIRST_KEY},b:%"}, "TOKEN_KEYS must be id:base64key; key 2"),
        (
            {"TOKEN_KEYS": f"renamed:{base64.b64encode(EXAMPLE_TOKEN_KEY).decode()}"},
            "TOKEN_KEYS still has the key of .env.example",
        ),
        ({"PROLINE_LAUNCH_KEYS": "/nowhere/jwks.json"}, "PROLINE_LAUNCH_KEYS is neither a JWKS"),
        ({"PROLINE_LAUNCH_KEYS": "{}"}, "PROLINE_LAUNCH_KEYS must be a JWKS"),
        ({"PROLINE_LAUNCH_KEYS": "{nonsense"}, "PROLINE_LAUNCH_KEYS is no JSON"),
        (
            {"PROLINE_LAUNCH_KEYS": '{"keys": [{"kty": "oct", "k": "AAAA"}]}'},
            "PROLINE_LAUNCH_KEYS must hold public keys only",
        ),
        (
            {"PROLINE_LAUNCH_KEYS": '{"keys": [{"kty": "RSA", "d": "AAAA"}]}'},
            "PROLINE_LAUNCH_KEYS must hold public keys only",
        ),
    ],
)
def test_a_wrong_value_is_one_sentence(
    environment: Environment, changed: Mapping[str, str | None], sentence: str
) -> None:
    """Each rule of a setting says what is wrong and what to do about it."""
    group = WebSettings if any(name.startswith("PROLINE") for name in changed) else WorkerSettings
    environment.set({**COMPLETE, **changed})

    with pytest.raises(SettingsInvalid) as raised:
        load(group)

    assert [problem for problem in raised.value.problems if problem.startswith(sentence)]


def test_the_simulator_is_reached_over_plain_http_on_this_machine(environment: Environment) -> None:
    """Nothing leaves the machine, and the simulator has no certificate."""
    environment.set(COMPLETE)
    environment.set({"QBO_ENVIRONMENT": "simulator", "QBO_CLIENT_ID": "example-client-id"})
    environment.set({"QBO_BASE_URL": "http://127.0.0.1:8001", "QBO_OAUTH_URL": "http://[::1]:8001"})

    assert load(WorkerSettings).qbo_base_url == "http://127.0.0.1:8001"


def test_launch_keys_may_lie_in_a_file(environment: Environment, tmp_path: Path) -> None:
    """A path is read once, at the start."""
    jwks = tmp_path / "jwks.json"
    jwks.write_text(PUBLIC_JWKS)
    environment.set({**COMPLETE, "PROLINE_LAUNCH_KEYS": str(jwks)})

    assert load(WebSettings).proline_launch_keys.jwks == PUBLIC_JWKS


def test_a_file_of_launch_keys_is_read_to_a_limit(environment: Environment, tmp_path: Path) -> None:
    """A wrong path may name a file that never ends; what is cut off is no JWKS."""
    jwks = tmp_path / "jwks.json"
    jwks.write_text(PUBLIC_JWKS.ljust(LONGEST_JWKS_BYTES) + "}")
    environment.set({**COMPLETE, "PROLINE_LAUNCH_KEYS": str(jwks)})

    with pytest.raises(SettingsInvalid, match="PROLINE_LAUNCH_KEYS names a file over 256 KiB"):
        load(WebSettings)


def test_metrics_leave_the_machine_only_when_told_to(environment: Environment) -> None:
    """A bare port is on loopback; another host has to be named."""
    environment.set({**COMPLETE, "METRICS_PORT": "0.0.0.0:9108"})

    assert load(RelaySettings).metrics_port == ListenAddress("0.0.0.0", 9108)  # noqa: S104  # what this test is about


def test_no_secret_shows_in_a_repr_or_an_error(environment: Environment) -> None:
    """Settings end up in tracebacks and logs; what they protect must not."""
    environment.set(COMPLETE)
    shown = repr(load(WebSettings)) + repr(load(WorkerSettings))
    environment.set({"TOKEN_KEYS": f"a:{FIRST_KEY}x", "QBO_CLIENT_SECRET": "example-hush-hush"})

    with pytest.raises(SettingsInvalid) as raised:
        load(WebSettings)

    for secret in ("pass-in-url", "hush-hush", FIRST_KEY, "1111", "AQAB"):
        assert secret not in shown + str(raised.value)
    assert raised.value.__cause__ is None


def test_an_error_of_pydantics_own_shows_no_secret_either(environment: Environment) -> None:
    """Somebody may build a group without `load`."""
    environment.set({**COMPLETE, "TOKEN_KEYS": f"a:{FIRST_KEY}x"})

    with pytest.raises(ValidationError) as raised:
        WorkerSettings()

    assert FIRST_KEY not in str(raised.value)
