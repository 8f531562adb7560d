"""Setting a company up and looking at it, command by command, through the real token endpoint."""

import psycopg
import pytest

from coordination.database import Pool
from tests.support.command_line import CommandLine
from tests.support.consenting_quickbooks import CLIENT_SECRET, TOKEN_KEY, ConsentingQuickBooks
from tests.support.hand_worker import HandWorker
from tests.support.proline import append, contact, invoice, project
from tests.support.relay_in_hand import Office

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


@pytest.fixture
def office(connected: CommandLine, pool: Pool) -> Office:
    """Give the company, on, whose contact is in QuickBooks and whose invoice was history."""
    connected.done("company", "enable", "acme")
    office = Office(pool, HandWorker(pool))
    office.say("contact", contact())
    office.say("project", project(), project("p2", stage="Lead"))
    office.say("invoice", invoice(sent_at="2020-01-01T00:00:00Z"))
    office.finish()
    return office


def test_what_changed_while_it_was_off_is_asked_about(
    connected: CommandLine, office: Office
) -> None:
    """The refusal is a sentence; a choice turns it on, and tells how many are left out."""
    connected.done("company", "disable", "acme")
    office.say("contact", contact(display_name="Ada Newname"))
    unread = connected("company", "enable", "acme")
    office.hand.drain()

    counted = connected.done("company", "show", "acme", "--json").json()["changed_while_off"]
    asked = connected("company", "enable", "acme")
    chosen = connected.done(
        "company", "enable", "acme", "--changed", "skip", "--by", "Sam of support"
    )
    office.finish()

    assert (unread.code, unread.out) == (2, "")
    assert unread.err.startswith("1 change made while it was off is still being taken in: try")
    assert (counted, asked.code, asked.out) == (1, 2, "")
    assert asked.err == (
        "1 record changed while it was off: choose whether to send or to skip it.\n"
    )
    assert chosen.out.splitlines() == [
        "Integration is currently on.",
        "Records that changed while it was off and were left out: 1.",
    ]
    record = office.record("contact", "c1")
    assert (record.state, record.skipped_by) == ("skipped", "Sam of support")
    assert connected.done("company", "enable", "acme").out == "Integration is currently on.\n"


def test_other_books_are_confirmed_by_typing_their_realm(
    connected: CommandLine, quickbooks: ConsentingQuickBooks
) -> None:
    """Without it, or with another realm, nothing is connected, and the code is not used up."""
    connected.done("company", "set", "acme", "--deposit-account", "35")
    realm = quickbooks.make_company("Other Books")
    connect = ("company", "connect", "acme", "--realm", realm, "--code", quickbooks.code_for(realm))

    unconfirmed = connected(*connect)
    mistyped = connected(*connect, "--other-books", f"{realm}0")
    confirmed = connected.done(*connect, "--other-books", realm)

    assert (unconfirmed.code, "confirm that it shall now write into" in unconfirmed.err) == (
        2,
        True,
    )
    assert mistyped.code == 2
    assert mistyped.err == (
        f"The confirmation names {realm}0, and QuickBooks named {realm}: nothing was connected.\n"
    )
    assert confirmed.out == (
        f"Company acme is connected to Other Books ({realm}).\n"
        "Choose tax code, deposit account and items again, where you had chosen any.\n"
    )
    shown = connected.done("company", "show", "acme", "--json").json()
    assert (shown["realm"], shown["settings"]["deposit_account_id"]) == (realm, None)


def test_show_tells_what_is_open_and_what_it_cost(
    connected: CommandLine, office: Office, connection: psycopg.Connection
) -> None:
    """One row for a person and for a script, with the same keys."""
    before = connected.done("company", "show", "acme", "--json").json()
    connected.done("company", "set", "acme", "--stage", "Lead", "--stage", "Sold")
    office.do(
        "INSERT INTO proline_qbo.findings (company_id, kind, sentence) VALUES ('acme', 'moved', '')"
    )
    connection.execute("CREATE SCHEMA proline_export")
    connection.execute(
        "CREATE VIEW proline_export.project_stages AS"
        " SELECT 'acme' AS company_id, 'Lead' AS stage, 1 AS position"
    )
    connection.commit()

    shown = connected.done("company", "show", "acme", "--json").json()
    told = connected.done("company", "show", "acme").out

    assert before["missing_stages"] is None
    assert before["reads_in_30_days_by_purpose"] == {"connect": before["reads_in_30_days"]}
    assert (before["projects_to_transfer"], shown["projects_to_transfer"]) == (0, 1)
    assert (shown["missing_stages"], shown["skipped_by_rule"]) == (["Sold"], 1)
    assert shown["open_questions"] == {"sent_before_enable": 1}
    assert shown["unresolved_findings"] == {"moved": 1}
    assert (shown["dropped_events"], shown["changed_while_off"]) == (0, 0)
    lines = {line.strip() for line in told.splitlines()}
    assert any(line.startswith("open questions") and "enable 1" in line for line in lines)
    assert any(line.startswith("unresolved findings") and "moved 1" in line for line in lines)


def test_show_says_what_cannot_be_known_and_counts_what_was_dropped(
    connected: CommandLine, pool: Pool
) -> None:
    """Without ProLine's view of its stages nothing is claimed of them; money came too early."""
    with pool.connection() as connection:
        append(connection, "invoice", invoice())
    Office(pool, HandWorker(pool)).finish()

    told = connected.done("company", "show", "acme").out

    assert "cannot be known: ProLine shows no stages" in told
    assert connected.done("company", "show", "acme", "--json").json()["dropped_events"] == 1


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
    """What the Integrations page offers is offered here; an item that is named joins the others."""
    connected.done(
        "company", "set", "acme", "--customers", "sub", "--trigger", "statuses",
        "--existing", "ask", "--tax", "amount", "--tax-code", "7", "--deposit-account", "35",
        "--running-balance", "each", "--income-item", "19", "--item-for", "Tear-off=21",
    )  # fmt: skip
    connected.done("company", "set", "acme", "--item-for", "Gutters=a=b=22")
    refused = connected("company", "set", "acme", "--item-for", "Gutters")

    settings = connected.done("company", "show", "acme", "--json").json()["settings"]
    assert (settings["customer_mode"], settings["trigger"]) == ("sub", "statuses")
    assert settings["existing_customers"] == "ask"
    assert (settings["tax_mode"], settings["tax_code_id"]) == ("amount", "7")
    assert settings["deposit_account_id"] == "35"
    assert settings["running_balance"] == "each"
    assert settings["income_item_id"] == "19"
    assert settings["items_by_service"] == {"Tear-off": "21", "Gutters=a=b": "22"}
    assert (refused.code, refused.err) == (
        2,
        "Name an item as --item-for SERVICE=ID, such as Tear-off=19.\n",
    )


def test_a_company_is_disconnected_by_its_operator(
    connected: CommandLine, connection: psycopg.Connection
) -> None:
    """Told first, done with --yes; its tokens are gone, and the audit says by whom."""
    told = connected.done("company", "disconnect", "acme")
    before = connected.done("company", "show", "acme", "--json").json()["connection"]

    done = connected.done("company", "disconnect", "acme", "--yes", "--by", "Sam of support")

    shown = connected.done("company", "show", "acme", "--json").json()
    again = connected("company", "disconnect", "acme", "--yes")
    assert told.out.endswith("say --yes.\n")
    assert (before, shown["connection"], shown["realm"]) == ("connected", "none", None)
    assert done.out == "Company acme is disconnected; changes are held.\n"
    assert (again.code, again.err) == (2, "Company acme is not connected to QuickBooks.\n")
    assert connection.execute("SELECT count(*) FROM proline_qbo.tokens").fetchone() == (0,)
    noted = connection.execute(
        "SELECT user_name, via FROM proline_qbo.audit WHERE action = 'connection.disconnect'"
    ).fetchall()
    assert noted == [("Sam of support", "command_line")]


def test_what_can_be_chosen_is_read_anew(connected: CommandLine) -> None:
    """For the page's drop-downs; how many of each."""
    told = connected.done("company", "refresh-lists", "acme").out

    assert told == ("Company acme: income accounts 2, deposit accounts 2, items 2, tax codes 4.\n")


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


def test_who_paused_a_company_and_why_is_kept(on_database: CommandLine, pool: Pool) -> None:
    """Whoever comes next reads it in History."""
    on_database.done("company", "open", "acme")
    on_database.done("company", "pause", "acme", "--by", "Kim", "--why", "Books are checked.")
    on_database.done("company", "resume", "acme", "--by", "Lee")

    with pool.connection() as connection:
        rows = connection.execute(
            "SELECT action, user_name, after FROM proline_qbo.audit"
            " WHERE action IN ('company.pause', 'company.resume') ORDER BY id"
        ).fetchall()
    assert rows == [
        ("company.pause", "Kim", {"pause_reason": "person", "why": "Books are checked."}),
        ("company.resume", "Lee", {"pause_reason": None}),
    ]
