"""The settings form, read: what was chosen, or a sentence for each thing that cannot be; pure.

A value that was not offered is refused, unless it is what stood there before: an account that has
gone from QuickBooks is still what the office chose, until it chooses another.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from app.web.reading import Fields
from connections.settings import CEILING_MOST, LIST_MOST, CompanySettings

# ProLine's own list, which an office cannot change.
STATUSES: Final = (
    "Lead",
    "Inspection",
    "Open",
    "Disqualified",
    "Lost",
    "Won",
    "Complete",
    "Closed",
)
NONE_OFFERED: Final[Mapping[str, str]] = MappingProxyType({})
CHOICE_LENGTH_MOST: Final = 255
CEILING_DIGITS_MOST: Final = 6


@dataclass(frozen=True)
class Offered:
    """What a company may choose among.

    Attributes:
        stages: as ProLine shows them; none: it shows none, and they are typed.
        connected: QuickBooks' lists are known, and what depends on them can be chosen.
        items: QuickBooks' id → name, as the others.
        services: of ProLine, seen on invoices.
    """

    stages: tuple[str, ...] = ()
    connected: bool = False
    items: Mapping[str, str] = field(default_factory=lambda: NONE_OFFERED)
    deposit_accounts: Mapping[str, str] = field(default_factory=lambda: NONE_OFFERED)
    tax_codes: Mapping[str, str] = field(default_factory=lambda: NONE_OFFERED)
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class Read:
    """What the form says: settings, to be stored unless something is wrong with it."""

    settings: CompanySettings
    problems: tuple[str, ...] = ()


def read_settings_form(form: Fields, before: CompanySettings, offered: Offered) -> Read:
    """Read the form; with problems, the settings are what was chosen as far as that can be."""
    problems: list[str] = []
    given = _always(form, before, offered, problems)
    if offered.connected:
        given |= _once_connected(form, before, offered, problems)
    try:
        # Also with problems: whoever is told of one finds the rest as they chose it.
        return Read(CompanySettings.model_validate(before.model_dump() | given), tuple(problems))
    except ValidationError as error:
        names = sorted({str(each["loc"][0]).replace("_", " ") for each in error.errors()})
        cannot_be = f"These cannot be taken as they are: {', '.join(names)}."
        return Read(before, (*problems, cannot_be))


def _always(
    form: Fields, before: CompanySettings, offered: Offered, problems: list[str]
) -> dict[str, Any]:
    trigger = form.get("trigger") or before.trigger
    stages = _stages(form, before, offered, problems)
    statuses = tuple(each for each in form.every("status") if each in STATUSES)
    if trigger == "stages" and not stages:
        problems.append("Choose at least one stage that sends a project to QuickBooks.")
    if trigger == "statuses" and not statuses:
        problems.append("Choose at least one status that sends a project to QuickBooks.")
    return {
        "customer_mode": form.get("customer_mode") or before.customer_mode,
        "trigger": trigger,
        "stages": stages or before.stages,
        "statuses": statuses or before.statuses,
    }


def _stages(
    form: Fields, before: CompanySettings, offered: Offered, problems: list[str]
) -> tuple[str, ...]:
    chosen = form.every("stage")
    if not offered.stages:
        chosen = tuple(line.strip() for text in chosen for line in text.splitlines())
    stages = tuple(dict.fromkeys(each for each in chosen if each))
    unknown = [each for each in stages if not _known(each, offered.stages, before.stages)]
    if offered.stages and unknown:
        problems.append(f"ProLine has no stage {', '.join(unknown)[:CHOICE_LENGTH_MOST]}.")
    if len(stages) > LIST_MOST or any(len(each) > CHOICE_LENGTH_MOST for each in stages):
        problems.append(
            f"At most {LIST_MOST} stages can be chosen, each with at most"
            f" {CHOICE_LENGTH_MOST} letters."
        )
    return stages


def _once_connected(
    form: Fields, before: CompanySettings, offered: Offered, problems: list[str]
) -> dict[str, Any]:
    tax_mode = form.get("tax_mode") or before.tax_mode
    tax_code = _chosen(
        form.get("tax_code"), offered.tax_codes, before.tax_code_id, "tax code", problems
    )
    if tax_mode == "amount" and tax_code is None:
        problems.append("Choose the tax code that ProLine's tax amount is booked on.")
    return {
        "existing_customers": form.get("existing_customers") or before.existing_customers,
        "running_balance": form.get("running_balance") or before.running_balance,
        "tax_mode": tax_mode,
        "tax_code_id": tax_code,
        "deposit_account_id": _chosen(
            form.get("deposit_account"),
            offered.deposit_accounts,
            before.deposit_account_id,
            "deposit account",
            problems,
        ),
        "income_item_id": _chosen(
            form.get("income_item"), offered.items, before.income_item_id, "item", problems
        ),
        "items_by_service": _items(form, before, offered, problems),
        "ceiling": _ceiling(form, before, problems),
    }


def _items(
    form: Fields, before: CompanySettings, offered: Offered, problems: list[str]
) -> dict[str, str]:
    named = zip(form.every("service"), form.every("service_item"), strict=False)
    known = {*offered.services, *before.items_by_service}
    items: dict[str, str] = {}
    for service, item in named:
        if service in known and item:
            stood = before.items_by_service.get(service)
            chosen = _chosen(item, offered.items, stood, f"item for {service}", problems)
            items |= {service: chosen} if chosen else {}
    return items


def _ceiling(form: Fields, before: CompanySettings, problems: list[str]) -> int:
    text = form.get("ceiling").strip()
    if not text:
        return before.ceiling
    fits = text.isascii() and text.isdigit() and len(text) <= CEILING_DIGITS_MOST
    if not (fits and 1 <= int(text) <= CEILING_MOST):
        problems.append(f"The number of requests a minute is from 1 to {CEILING_MOST}.")
        return before.ceiling
    return int(text)


def _chosen(
    given: str, offered: Collection[str], before: str | None, what: str, problems: list[str]
) -> str | None:
    if not given:
        return None
    if not _known(given, offered, () if before is None else (before,)):
        problems.append(f"QuickBooks does not offer this {what}: read its lists again.")
        return before
    return given


def _known(value: str, offered: Collection[str], before: Collection[str]) -> bool:
    return value in offered or value in before
