"""The columns of a record's link as a joined row carries them: all empty where there is none."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from records.facts import Link

BOOKS = "coalesce(c.realm_id, c.former_realm_id)"
"""The realm of company `c` whose links count: while disconnected, the one it gave up.

Otherwise what is voided meanwhile would look as if it had never been there, and stay in the books.
"""

LINK_COLUMNS = (
    "l.qbo_id, l.sync_token, l.customer_id, l.total, l.owned, l.adopted, l.voided, l.gone,"
    " l.doc_number, l.currency, l.kept"
)


@dataclass(frozen=True, kw_only=True)
class LinkColumns:
    """The link part of a row; `link()` is None where the record is not in QuickBooks."""

    qbo_id: str | None
    sync_token: str | None
    customer_id: str | None
    total: Decimal | None
    owned: dict[str, Any] | None
    adopted: bool | None
    voided: bool | None
    gone: bool | None
    doc_number: str | None
    currency: str | None
    kept: dict[str, Any] | None

    def link(self) -> Link | None:
        """Compose the link, if there is one."""
        if self.qbo_id is None or self.sync_token is None:
            return None
        return Link(
            qbo_id=self.qbo_id,
            sync_token=self.sync_token,
            customer_id=self.customer_id,
            total=self.total,
            owned=self.owned or {},
            adopted=bool(self.adopted),
            voided=bool(self.voided),
            gone=bool(self.gone),
            doc_number=self.doc_number,
            currency=self.currency,
            kept=self.kept or {},
        )


def the_link(record_pk: str, realm_id: str) -> str:
    """Write the join that gives a record's link; of a payment in parts, one that is alive."""
    return f"""LEFT JOIN LATERAL (
    SELECT * FROM proline_qbo.links
    WHERE realm_id = {realm_id} AND record_pk = {record_pk}
    ORDER BY voided, part LIMIT 1
) l ON true"""
