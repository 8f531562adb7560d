"""`proline-qbo`: the command line of the product. Commands live in modules by subject."""

from app.cli.main import main

__all__ = ["main"]
