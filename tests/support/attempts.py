"""Requests to be stored, where a test is not about what is in them."""

from records.attempts import Write


def a_write(request_id: str) -> Write:
    """Give a create of a customer."""
    return Write("", "create", "Customer", "/customer", (), b"{}", request_id, "", {})
