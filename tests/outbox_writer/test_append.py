"""The SQL function and its table: what ProLine's role may do, and what is refused."""

import secrets
from collections.abc import Generator
from contextlib import nullcontext

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

APPEND = "SELECT proline_outbox.append(%s, %s, %s, %s, %s)"
SNAPSHOT = Jsonb({"id": "inv-1"})
AN_EVENT = ("com-1", "invoice", "inv-1", SNAPSHOT, "invoice.changed")
NAMES = ("a_company", "an_entity", "a_record", "a_snapshot", "a_type")
SNAPSHOT_BYTES_MOST = 1_048_576
MOST = "a_snapshot_is_at_most_1_mb"


@pytest.fixture
def writer(database_url: str) -> Generator[psycopg.Connection]:
    """Give a session of a login role that is a member of proline_outbox_writer, and no more."""
    name, password = f"proline_{secrets.token_hex(6)}", secrets.token_hex(16)
    role = sql.Identifier(name)
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
        try:
            admin.execute(sql.SQL("GRANT proline_outbox_writer TO {}").format(role))
            with psycopg.connect(
                make_conninfo(database_url, user=name, password=password), autocommit=True
            ) as writer:
                yield writer
        finally:
            admin.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_member_of_the_writers_appends(
    writer: psycopg.Connection, connection: psycopg.Connection
) -> None:
    """The function returns the id of the event it has written."""
    (event_id,) = writer.execute(APPEND, AN_EVENT).fetchone() or (None,)

    row = connection.execute(
        "SELECT id, company_id, entity, record_id, snapshot, event_type "
        "FROM proline_outbox.outbox_events"
    ).fetchone()
    assert row == (event_id, "com-1", "invoice", "inv-1", {"id": "inv-1"}, "invoice.changed")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM proline_outbox.outbox_events",
        "DELETE FROM proline_outbox.outbox_events",
        "UPDATE proline_outbox.outbox_events SET event_type = ''",
        "TRUNCATE proline_outbox.outbox_events",
        (
            "INSERT INTO proline_outbox.outbox_events (company_id, entity, record_id, snapshot) "
            "VALUES ('com-1', 'invoice', 'inv-1', '{}')"
        ),
    ],
)
def test_a_member_of_the_writers_may_nothing_else(
    writer: psycopg.Connection, statement: str
) -> None:
    """It may neither read what others wrote nor take it away."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        writer.execute(statement.encode())


def test_a_role_that_is_no_writer_may_not_append(
    writer: psycopg.Connection, connection: psycopg.Connection
) -> None:
    """EXECUTE is revoked from PUBLIC: to see the schema is not enough."""
    user = writer.execute("SELECT current_user").fetchone()
    assert user is not None
    role = sql.Identifier(user[0])
    connection.execute(sql.SQL("REVOKE proline_outbox_writer FROM {}").format(role))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA proline_outbox TO {}").format(role))
    connection.commit()

    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            writer.execute(APPEND, AN_EVENT)
    finally:
        connection.execute(sql.SQL("REVOKE USAGE ON SCHEMA proline_outbox FROM {}").format(role))
        connection.commit()


def test_the_function_runs_as_its_owner_on_a_pinned_path(connection: psycopg.Connection) -> None:
    """Else its caller could put a table of his own before ours."""
    row = connection.execute(
        "SELECT prosecdef, proconfig FROM pg_proc WHERE oid = 'proline_outbox.append'::regproc"
    ).fetchone()

    assert row == (True, ["search_path=pg_catalog, pg_temp"])


@pytest.mark.parametrize(
    ("event", "constraint"),
    [
        (("", "invoice", "inv-1", SNAPSHOT, ""), "an_event_names_its_company"),
        (("c" * 65, "invoice", "inv-1", SNAPSHOT, ""), "an_event_names_its_company"),
        (("com-1", "quote", "inv-1", SNAPSHOT, ""), "an_event_is_of_a_known_entity"),
        (("com-1", "invoice", "", SNAPSHOT, ""), "an_event_names_its_record"),
        (("com-1", "invoice", "i" * 65, SNAPSHOT, ""), "an_event_names_its_record"),
        (("com-1", "invoice", "inv-1", Jsonb([]), ""), "a_snapshot_is_an_object"),
        (("com-1", "invoice", "inv-1", Jsonb(None), ""), "a_snapshot_is_an_object"),
        # Few bytes where it is stored, and many as it is printed.
        (("com-1", "invoice", "inv-1", '{"n": [' + "1e131071," * 8 + "0]}", ""), MOST),
        (
            ("com-1", "invoice", "inv-1", Jsonb({"memo": "m" * SNAPSHOT_BYTES_MOST}), ""),
            MOST,
        ),
        (("com-1", "invoice", "inv-1", SNAPSHOT, "t" * 65), "an_event_type_is_short"),
    ],
)
def test_what_cannot_be_addressed_is_refused(
    connection: psycopg.Connection, event: tuple[object, ...], constraint: str
) -> None:
    """The constraint's name is the sentence."""
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        connection.execute(APPEND, event)

    assert refused.value.diag.constraint_name == constraint


def test_a_refusal_repeats_nothing_of_the_event(connection: psycopg.Connection) -> None:
    """It may end in a log, and names the rule alone."""
    named = Jsonb({"id": "inv-1", "memo": "Ada Example"})

    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        connection.execute(APPEND, ("com-1", "invoice", "i" * 65, named, "told"))

    diag = refused.value.diag
    assert diag.message_detail is None
    said = f"{refused.value} {diag.context} {diag.internal_query}"
    assert [word for word in ("com-1", "iii", "Ada", "told") if word in said] == []


@pytest.mark.parametrize("snapshot_bytes", [SNAPSHOT_BYTES_MOST, SNAPSHOT_BYTES_MOST + 1])
def test_a_snapshot_is_measured_to_the_byte_as_it_is_printed(
    connection: psycopg.Connection, snapshot_bytes: int
) -> None:
    """So every writer can measure it too."""
    snapshot = {"memo": "m" * (snapshot_bytes - len('{"memo": ""}'))}
    refuses = snapshot_bytes > SNAPSHOT_BYTES_MOST

    with pytest.raises(psycopg.errors.CheckViolation) if refuses else nullcontext():
        connection.execute(APPEND, ("com-1", "invoice", "inv-1", Jsonb(snapshot), ""))


@pytest.mark.parametrize("missing", range(5))
def test_nothing_of_an_event_may_be_null(connection: psycopg.Connection, missing: int) -> None:
    """Their columns would refuse it too, and show the whole row."""
    event = [None if place == missing else value for place, value in enumerate(AN_EVENT)]

    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        connection.execute(APPEND, event)

    diag = refused.value.diag
    assert diag.constraint_name == f"an_event_has_{NAMES[missing]}"
    assert diag.message_detail is None


def test_without_that_rule_a_null_shows_the_customer(connection: psycopg.Connection) -> None:
    """The guard taken out: the column refuses it, with the snapshot in its words."""
    for domain, rule in (("company_id", "a_company"), ("event_type", "a_type")):
        connection.execute(
            f"ALTER DOMAIN proline_outbox.{domain} DROP CONSTRAINT an_event_has_{rule}".encode()
        )
    snapshot = Jsonb({"memo": "Ada Example"})

    with pytest.raises(psycopg.errors.NotNullViolation) as refused:
        connection.execute(APPEND, (None, "invoice", "inv-1", snapshot, "told"))

    assert "Ada Example" in (refused.value.diag.message_detail or "")


def test_the_table_itself_has_no_check(connection: psycopg.Connection) -> None:
    """PostgreSQL would prepare it anew for every append; those of the domains it keeps."""
    checks = connection.execute(
        "SELECT conname FROM pg_constraint "
        "WHERE conrelid = 'proline_outbox.outbox_events'::regclass AND contype = 'c'"
    ).fetchall()

    assert checks == []


@pytest.mark.parametrize("snapshot", [{}, {"total": "no number"}, {"id": 7, "lines": None}])
def test_a_snapshot_that_fits_no_schema_is_taken(
    connection: psycopg.Connection, snapshot: dict[str, object]
) -> None:
    """It never breaks ProLine's transaction; the relay makes a failed record of it."""
    connection.execute(APPEND, ("com-1", "invoice", "i" * 64, Jsonb(snapshot), "t" * 64))

    row = connection.execute("SELECT snapshot FROM proline_outbox.outbox_events").fetchone()
    assert row == (snapshot,)


def test_the_event_type_may_be_left_out(connection: psycopg.Connection) -> None:
    """Nothing depends on it."""
    connection.execute("SELECT proline_outbox.append(%s, %s, %s, %s)", AN_EVENT[:4])

    row = connection.execute("SELECT event_type FROM proline_outbox.outbox_events").fetchone()
    assert row == ("",)


def test_an_append_takes_no_lock_that_another_append_waits_for(database_url: str) -> None:
    """Two open transactions append for the same record, neither waiting for the other."""
    with psycopg.connect(database_url) as one, psycopg.connect(database_url) as two:
        two.execute("SET lock_timeout = '1s'")

        one.execute(APPEND, AN_EVENT)
        two.execute(APPEND, AN_EVENT)

        strong = one.execute(
            "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' "
            "AND mode NOT IN ('AccessShareLock', 'RowExclusiveLock')"
        ).fetchall()
        assert strong == []


def test_nothing_of_ours_fires_in_prolines_transaction(connection: psycopg.Connection) -> None:
    """No trigger and no rule on the table: one INSERT is all that runs."""
    row = connection.execute(
        "SELECT relhastriggers, relhasrules FROM pg_class "
        "WHERE oid = 'proline_outbox.outbox_events'::regclass"
    ).fetchone()

    assert row == (False, False)


def test_cleaning_up_never_locks_prolines_writers_out(connection: psycopg.Connection) -> None:
    """Vacuum would give pages back under ACCESS EXCLUSIVE."""
    row = connection.execute(
        "SELECT reloptions FROM pg_class WHERE oid = 'proline_outbox.outbox_events'::regclass"
    ).fetchone()

    assert row is not None
    assert "vacuum_truncate=false" in row[0]
