"""Setting a company up and looking at it, command by command, through the real token endpoint."""

import pytest

from tests.support.command_line import CommandLine
from tests.support.consenting_quickbooks import CLIENT_SECRET, TOKEN_KEY, ConsentingQuickBooks

NAME = "Ridge & Sons [bold]Roofing[/bold] with a name that is longer than eighty columns are wide"


@pytest.fixture
def connected(on_database: CommandLine, quickbooks: ConsentingQuickBooks) -> CommandLine:
    """Give the command line with one company, open and connected."""
    realm = quickbooks.make_company("Ridge Books")
    on_database.done("company", "open", "acme", "--name", NAME)
    on_database.done(
        "company", "connect", "acme", "--realm", realm, "--code", quickbooks.code_for(realm)
    )
    return on_database


def test_a_company_is_opened_chosen_for_connected_and_enabled(
    on_database: CommandLine, quickbooks: ConsentingQuickBooks
) -> None:
    """The four steps of the Integrations page, each told in a sentence."""
    realm = quickbooks.make_company("Ridge Books")
    code = quickbooks.code_for(realm)

    opened = on_database.done("company", "open", "acme", "--name", "Ridge")
    chosen = on_database.done("company", "set", "acme", "--customers", "sub", "--stage", "Sold")
    connected = on_database.done("company", "connect", "acme", "--realm", realm, "--code", code)
    enabled = on_database.done("company", "enable", "acme")

    assert "connect it next" in opened.out
    assert chosen.out == "Company acme: changed customer mode, stages.\n"
    assert connected.out == f"Company acme is connected to Ridge Books ({realm}).\n"
    assert enabled.out == "Integration is currently on.\n"
    shown = on_database.done("company", "show", "acme", "--json").json()
    assert (shown["realm"], shown["connection"], shown["enabled"]) == (realm, "connected", True)
    assert shown["waits"] is None


def test_a_company_is_disabled_paused_and_resumed(connected: CommandLine) -> None:
    """Each is a switch of its own, and the list says which one holds the company back."""
    waits = []

    for command in ("disable", "enable", "pause", "resume"):
        connected.done("company", command, "acme")
        (row,) = connected.done("company", "list", "--json").json()
        waits.append(row["waits"])

    assert waits == ["off", None, "paused", None]
    assert connected.done("company", "resume", "acme").out == "Company acme was not paused.\n"


def test_settings_come_as_they_are_nested_and_typed(connected: CommandLine) -> None:
    """A script reads the ceiling as a number, not out of the text of a dict."""
    connected.done(
        "company", "set", "acme", "--ceiling", "400", "--status", "Won", "--status", "Done"
    )

    shown = connected.done("company", "show", "acme", "--json").json()

    assert shown["settings"]["ceiling"] == 400
    assert shown["settings"]["statuses"] == ["Won", "Done"]
    assert shown["settings"]["stages"] == ["Closed - Won"]
    assert shown["settings"]["tax_code_id"] is None
    assert shown["reads_in_30_days"] > 0


def test_every_choice_can_be_set(connected: CommandLine) -> None:
    """What the Integrations page offers is offered here, but for items by service."""
    connected.done(
        "company", "set", "acme", "--customers", "sub", "--trigger", "statuses",
        "--existing", "ask", "--tax", "amount", "--tax-code", "7", "--deposit-account", "35",
        "--running-balance", "each",
    )  # fmt: skip

    settings = connected.done("company", "show", "acme", "--json").json()["settings"]
    assert (settings["customer_mode"], settings["trigger"]) == ("sub", "statuses")
    assert settings["existing_customers"] == "ask"
    assert (settings["tax_mode"], settings["tax_code_id"]) == ("amount", "7")
    assert settings["deposit_account_id"] == "35"
    assert settings["running_balance"] == "each"


@pytest.mark.parametrize("command", [("list",), ("show", "acme")])
def test_a_table_is_whole_where_there_is_no_terminal(
    connected: CommandLine, command: tuple[str, ...]
) -> None:
    """A pipe has no width: nothing is cut or folded, and no name is taken for markup."""
    shown = connected.done("company", *command)

    assert NAME in shown.out
    assert "connected" in shown.out


def test_what_steers_a_terminal_is_not_obeyed(connected: CommandLine) -> None:
    """A company's name is what somebody typed; it must not clear the screen of an operator."""
    connected.done("company", "open", "acme", "--name", "Bell\a and \x1b[2J clear")

    shown = connected.done("company", "list")

    assert "\x1b" not in shown.out
    assert "\a" not in shown.out
    assert "Bell\N{REPLACEMENT CHARACTER} and" in shown.out


def test_no_company_is_an_empty_list(on_database: CommandLine) -> None:
    """A person reads a sentence, a script one empty value."""
    assert on_database.done("company", "list").out == "No company is known yet.\n"
    assert on_database.done("company", "list", "--json").json() == []


def test_more_companies_than_a_page_are_all_listed(
    on_database: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list ends with the last company, not with the first page."""
    for company_id in ("a", "b", "c"):
        on_database.done("company", "open", company_id)
    monkeypatch.setattr(
        "connections.companies.list_companies.__kwdefaults__", {"after": "", "limit": 2}
    )

    rows = on_database.done("company", "list", "--json").json()

    assert [row["company"] for row in rows] == ["a", "b", "c"]


def test_nothing_secret_is_ever_printed(
    connected: CommandLine, quickbooks: ConsentingQuickBooks
) -> None:
    """No code, token, key or client secret leaves on either stream, whatever is asked."""
    realm = quickbooks.make_company("Other Books")
    code = quickbooks.code_for(realm)
    asked: tuple[tuple[str, ...], ...] = (
        ("company", "connect", "acme", "--realm", realm, "--code", code),
        ("company", "connect", "acme", "--realm", "1", "--code", quickbooks.secrets[0]),
        ("company", "show", "acme"),
        ("company", "show", "acme", "--json"),
        ("company", "list", "--json"),
        ("status", "--json"),
    )

    said = "".join(answer.out + answer.err for answer in (connected(*each) for each in asked))

    assert len(quickbooks.secrets) >= 4
    hidden = [*quickbooks.secrets, CLIENT_SECRET, TOKEN_KEY]
    assert [secret for secret in hidden if secret in said] == []
