"""What the office chose for its company, as one frozen value; stored as JSON on the company."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

# The vendor allows a realm 500 calls a minute; the rest is for the contractor's other apps.
CEILING_DEFAULT = 450
CEILING_MOST = 500
LIST_MOST = 100

Choice = Annotated[str, Field(min_length=1, max_length=255)]


class CompanySettings(BaseModel):
    """The settings of the Integrations page; the defaults are what a new company has.

    A key that this version does not know is ignored, so that an older process can read what a
    newer one stored.

    Attributes:
        customer_mode: a main customer for each contact, or a sub-customer for each project too.
        trigger: whether entering a stage or a status transfers a project.
        stages: the stages that do.
        statuses: the statuses that do.
        existing_customers: what becomes of a contact whose customer may exist already.
        running_balance: one invoice stands for all of a project's, or each is booked with what it
            first asked for; a project keeps the way it had at its first.
        tax_mode: no tax, ProLine's amount on `tax_code_id`, or tax as a line.
        tax_code_id: QuickBooks' id of the chosen tax code.
        deposit_account_id: None: QuickBooks' own default, Undeposited Funds.
        income_item_id: None: the books' own "ProLine Sales".
        items_by_service: ProLine's service → QuickBooks' item id; any other takes the income item.
        ceiling: calls a minute of the vendor's 500.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    customer_mode: Literal["main", "sub"] = "main"
    trigger: Literal["stages", "statuses"] = "stages"
    stages: tuple[Choice, ...] = Field(default=("Closed - Won",), max_length=LIST_MOST)
    statuses: tuple[Choice, ...] = Field(default=("Won",), max_length=LIST_MOST)
    existing_customers: Literal["link", "ask", "create"] = "link"
    running_balance: Literal["one_invoice", "each"] = "one_invoice"
    tax_mode: Literal["none", "amount", "line"] = "none"
    tax_code_id: Choice | None = None
    deposit_account_id: Choice | None = None
    income_item_id: Choice | None = None
    items_by_service: dict[Choice, Choice] = Field(default_factory=dict, max_length=1_000)
    ceiling: int = Field(default=CEILING_DEFAULT, ge=1, le=CEILING_MOST)

    def triggers(self, stage: str | None, status: str | None) -> bool:
        """Say whether a project in this stage and status is to be transferred."""
        if self.trigger == "stages":
            return stage in self.stages
        return status in self.statuses

    def without_ids_of_books(self) -> "CompanySettings":
        """Return them as far as they hold in any books: no account, no item, no tax code."""
        of_books = {"tax_code_id", "deposit_account_id", "income_item_id", "items_by_service"}
        return type(self).model_validate(self.model_dump(exclude=of_books))


def read_settings(stored: Mapping[str, Any]) -> CompanySettings:
    """Read what a company has stored, perhaps by another version.

    A way of booking running-balance invoices that is not known reads as one invoice: an early
    version took another word, and booked one invoice all the same. No other value is guessed at.
    """
    known = dict(stored)
    if known.get("running_balance") != "each":
        known.pop("running_balance", None)
    return CompanySettings.model_validate(known)
