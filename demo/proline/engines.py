"""How ProLine reaches its database: SQLAlchemy over psycopg."""

from sqlalchemy import Engine, create_engine, make_url


def open_engine(database_url: str, *, pool_size: int = 5) -> Engine:
    """Open an engine on the database at a libpq address; `dispose` closes it."""
    return create_engine(
        make_url(database_url).set(drivername="postgresql+psycopg"), pool_size=pool_size
    )
