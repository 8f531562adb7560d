"""Login roles of a test, each a member of one of ours, dropped at its end."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlalchemy import make_url


@contextmanager
def login_in(database_url: str, role: str) -> Iterator[str]:
    """Give the test's database as somebody sees it who is a member of `role` and nothing else."""
    name, password = f"tests_{secrets.token_hex(6)}", secrets.token_hex(12)
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
                sql.Identifier(name), sql.Literal(password), sql.Identifier(role)
            )
        )
        try:
            url = make_url(database_url).set(username=name, password=password)
            yield url.render_as_string(hide_password=False)
        finally:
            owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
