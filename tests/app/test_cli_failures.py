"""What cannot be done is told in sentences on standard error, with exit code 2 and no traceback."""

import io
import sys

import psycopg
import pytest
import sqlalchemy.exc
import structlog

from app.cli.failures import sentences
from tests.support.command_line import Answer, CommandLine
from tests.support.consenting_quickbooks import CLIENT_SECRET, ConsentingQuickBooks

CONNECT = ("company", "connect", "acme", "--realm", "1234", "--code", "a-code")
NOT_THERE = "postgresql://nobody:hush-hush@127.0.0.1:1/nothing"


def refused(answer: Answer) -> str:
    """Check that a command ended as one that cannot be done, and give its sentences."""
    assert answer.code == 2
    assert answer.out == ""
    assert "Traceback" not in answer.err
    return answer.err


def test_every_missing_setting_is_told_at_once(command_line: CommandLine) -> None:
    """Nobody starts a command six times to learn of six settings."""
    said = refused(command_line(*CONNECT))

    for name in (
        "DATABASE_URL", "QBO_ENVIRONMENT", "QBO_CLIENT_ID", "QBO_CLIENT_SECRET",
        "QBO_REDIRECT_URI", "TOKEN_KEYS",
    ):  # fmt: skip
        assert f"- {name} is not set." in said


@pytest.mark.parametrize(
    "command",
    [
        ("company", "show", "acme"),
        ("company", "set", "acme", "--ceiling", "10"),
        ("company", "enable", "acme"),
        ("company", "disable", "acme"),
        ("company", "pause", "acme"),
        ("company", "resume", "acme"),
        ("project", "transfer", "p1", "--company", "acme", "--by", "Sam"),
    ],
    ids=" ".join,
)
def test_an_unknown_company_is_told_with_what_to_do(
    on_database: CommandLine, command: tuple[str, ...]
) -> None:
    """A typing error in an id must not look like something done."""
    said = refused(on_database(*command))

    assert said == "Company acme is not known: open it with proline-qbo company open.\n"


def test_an_unknown_company_is_not_connected(
    on_database: CommandLine, quickbooks: ConsentingQuickBooks
) -> None:
    """Its code is not even spent."""
    realm = quickbooks.make_company("Ridge Books")
    code = quickbooks.code_for(realm)

    said = refused(on_database("company", "connect", "acme", "--realm", realm, "--code", code))

    assert said.startswith("Company acme is not known")
    on_database.done("company", "open", "acme")
    on_database.done("company", "connect", "acme", "--realm", realm, "--code", code)


def test_a_company_that_is_not_connected_is_not_enabled(on_database: CommandLine) -> None:
    """Enabling needs somewhere to write to."""
    on_database.done("company", "open", "acme")

    said = refused(on_database("company", "enable", "acme"))

    assert said == "Connect company acme to QuickBooks before enabling it.\n"


@pytest.mark.parametrize("command", [("status",), ("migrate",), ("company", "list", "--json")])
def test_a_database_that_is_away_is_one_sentence(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """It says why, and nothing of what the address holds."""
    monkeypatch.setenv("DATABASE_URL", NOT_THERE)

    said = refused(command_line(*command))

    assert said.startswith("The database cannot be used: connection failed")
    assert said.endswith("Check DATABASE_URL.\n")
    assert said.count("\n") == 1
    assert "hush-hush" not in said


@pytest.mark.parametrize(
    "address",
    ["postgresql://nobody:hush@hush@127.0.0.1:x/nothing", "postgresql://nobody:hush@[x/nothing"],
)
def test_an_address_that_is_none_is_not_quoted(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """What was not understood may hold the password."""
    monkeypatch.setenv("DATABASE_URL", address)

    said = refused(command_line("status"))

    assert "DATABASE_URL" in said
    assert "hush" not in said


def test_a_database_without_our_schema_is_told_to_be_migrated(
    server_url: str, command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first command on a new database says which one comes first."""
    monkeypatch.setenv("DATABASE_URL", server_url)
    with psycopg.connect(server_url) as session:
        assert session.execute("SELECT to_regclass('proline_qbo.records')").fetchone() == (None,)

    said = refused(command_line("status"))

    assert "proline-qbo migrate" in said


def test_a_code_that_quickbooks_refuses_is_told(
    on_database: CommandLine, quickbooks: ConsentingQuickBooks
) -> None:
    """A code is good once; the person is to connect again."""
    realm = quickbooks.make_company("Ridge Books")
    code = quickbooks.code_for(realm)
    connect = ("company", "connect", "acme", "--realm", realm, "--code", code)
    on_database.done("company", "open", "acme")
    on_database.done(*connect)

    said = refused(on_database(*connect))

    assert said.startswith("QuickBooks does not take this consent, which is good once")
    assert "invalid_grant" in said
    assert code not in said
    assert CLIENT_SECRET not in said


def test_quickbooks_that_is_away_is_told(
    on_database: CommandLine, quickbooks: ConsentingQuickBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was sent, so trying again costs nothing."""
    monkeypatch.setenv("QBO_OAUTH_URL", "http://127.0.0.1:1")
    on_database.done("company", "open", "acme")

    said = refused(on_database(*CONNECT))

    assert said.startswith("QuickBooks cannot be reached just now, and nothing was sent")


def test_a_realm_the_consent_does_not_open_is_told(
    on_database: CommandLine, quickbooks: ConsentingQuickBooks
) -> None:
    """A mistyped realm stores nothing: the company stays unconnected."""
    realm, other = quickbooks.make_company("Ridge Books"), quickbooks.make_company("Others")
    on_database.done("company", "open", "acme")

    said = refused(
        on_database(
            "company", "connect", "acme", "--realm", other, "--code", quickbooks.code_for(realm)
        )
    )

    assert said.startswith("QuickBooks ")
    shown = on_database.done("company", "show", "acme", "--json").json()
    assert (shown["connection"], shown["realm"]) == ("none", None)


def test_setting_nothing_is_refused(on_database: CommandLine) -> None:
    """A forgotten option must not look like a change."""
    on_database.done("company", "open", "acme")

    assert "at least one setting" in refused(on_database("company", "set", "acme"))


@pytest.mark.parametrize("stage", ["", "x" * 256])
def test_a_stage_that_cannot_be_one_is_refused(on_database: CommandLine, stage: str) -> None:
    """What the settings refuse is a sentence here, and changes nothing."""
    on_database.done("company", "open", "acme")

    said = refused(on_database("company", "set", "acme", "--stage", stage))

    assert said.startswith("Not changed: stages")
    shown = on_database.done("company", "show", "acme", "--json").json()
    assert shown["settings"]["stages"] == ["Closed - Won"]


@pytest.mark.parametrize("company_id", ["", " ", "x" * 65, "line\nbreak"])
def test_an_id_that_proline_never_uses_is_not_opened(
    on_database: CommandLine, company_id: str
) -> None:
    """It would be known for ever, and no event would ever name it."""
    assert "1 to 64" in refused(on_database("company", "open", company_id))


def test_a_missing_simulator_is_told(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The production image has none."""
    monkeypatch.delitem(sys.modules, "qbo_simulator.http_server")
    monkeypatch.setitem(sys.modules, "qbo_simulator", None)

    said = refused(command_line("simulator", "--port", "0"))

    assert said == "This installation has neither the demonstration nor the simulator.\n"


def test_a_migration_that_gets_no_lock_is_told() -> None:
    """The driver's own words, without the statement that SQLAlchemy adds."""
    told = io.StringIO()
    refusal = psycopg.errors.LockNotAvailable("canceling statement due to lock timeout")

    with pytest.raises(SystemExit) as ended, sentences(told):
        raise sqlalchemy.exc.OperationalError("ALTER TABLE", {}, refusal)

    assert ended.value.code == 2
    assert told.getvalue() == (
        "The database cannot be used: canceling statement due to lock timeout."
        " Check DATABASE_URL.\n"
    )


def test_a_bug_keeps_its_traceback() -> None:
    """What no person can act on is not made to look as if one could."""
    with pytest.raises(KeyError), sentences(io.StringIO()):
        raise KeyError("a bug")


def test_what_a_command_logs_is_not_in_its_output(
    on_database: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output belongs to the answer: structlog's own default would write there."""
    on_database.done("company", "list", "--json")

    structlog.get_logger("connections").error("something.happened")

    out, err = capsys.readouterr()
    assert (out, "something.happened" in err) == ("", True)
