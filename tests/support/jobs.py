"""A roofer's jobs, each a contact, a project, an invoice and its payment, and what came of them."""

from collections import Counter

from tests.support.roofer import Roofer

NAMED_BY = {"customer": "DisplayName", "invoice": "DocNumber", "payment": "PaymentRefNum"}
PRICE = "100.00"


class Jobs:
    """What ProLine says of one job after the other, and how often each was written."""

    def __init__(self, roofer: Roofer) -> None:
        """Begin without any."""
        self.count = 0
        self._roofer = roofer

    def more(self, jobs: int) -> None:
        """Say so many more; all of a job is said at once, so its parts wait for one another."""
        for _ in range(jobs):
            self.count += 1
            n = self.count
            self._roofer.contact(f"c{n}", number=f"10{n}", display_name=f"Customer {n}")
            self._roofer.project(f"p{n}", number=f"20{n}", contact_id=f"c{n}")
            self._roofer.invoice(f"i{n}", PRICE, contact_id=f"c{n}", project_id=f"p{n}")
            self._roofer.payment(
                PRICE,
                on={f"i{n}": PRICE},
                record_id=f"y{n}",
                contact_id=f"c{n}",
                project_id=f"p{n}",
                reference=f"Cheque {n}",
            )

    def written(self, entity: str) -> Counter[str]:
        """Count the writes of one kind that reached QuickBooks, by what they name."""
        return Counter(body[NAMED_BY[entity]] for body in self._roofer.bodies(entity))

    def assert_each_is_written_once(self) -> None:
        """Hold what reached QuickBooks, and how the records stand, against what was said."""
        for entity in NAMED_BY:
            written = self.written(entity)
            assert len(written) == self.count, written
            assert set(written.values()) == {1}, written
        records = self._roofer.rows("SELECT * FROM proline_qbo.records")
        assert len(records) == 4 * self.count
        assert {each.state for each in records} == {"done"}
        assert {each.unfinished_starts for each in records} == {0}
