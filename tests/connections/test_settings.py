"""Settings: the defaults of a new company, and which project they let through."""

import pytest
from pydantic import ValidationError

from connections.settings import CompanySettings, read_settings


@pytest.mark.parametrize(
    ("settings", "stage", "status", "expected"),
    [
        (CompanySettings(), "Closed - Won", "Open", True),
        (CompanySettings(), "Estimate", "Won", False),
        (CompanySettings(trigger="statuses"), "Estimate", "Won", True),
        (CompanySettings(trigger="statuses"), "Closed - Won", "Open", False),
        (CompanySettings(stages=("Approved",)), "Approved", None, True),
        (CompanySettings(), None, None, False),
    ],
)
def test_a_project_is_triggered_by_what_the_office_picked(
    settings: CompanySettings,
    stage: str | None,
    status: str | None,
    *,
    expected: bool,
) -> None:
    """Stages or statuses, whichever was picked; the other is ignored."""
    assert settings.triggers(stage, status) is expected


def test_a_key_of_a_newer_version_is_ignored() -> None:
    """During a deployment an older process reads what a newer one stored."""
    assert CompanySettings.model_validate({"of_next_year": 1}) == CompanySettings()


@pytest.mark.parametrize(
    "wrong",
    [
        {"ceiling": 0},
        {"ceiling": 501},
        {"customer_mode": "both"},
        {"stages": [""]},
        {"running_balance": "amount_due"},
    ],
)
def test_a_setting_outside_its_values_is_refused(wrong: dict[str, object]) -> None:
    """The vendor allows 500 calls a minute; an empty stage would match nothing.

    Nor is a way of booking taken that nothing carries out.
    """
    with pytest.raises(ValidationError):
        CompanySettings.model_validate(wrong)


def test_a_stored_way_of_booking_that_is_not_carried_out_reads_as_the_one_that_is() -> None:
    """An earlier version took `amount_due` and booked one invoice all the same."""
    stored = {"running_balance": "amount_due", "ceiling": 300}

    assert read_settings(stored) == CompanySettings(ceiling=300)


@pytest.mark.parametrize("booking", ["one_invoice", "each"])
def test_a_stored_way_of_booking_is_read_as_it_was_chosen(booking: str) -> None:
    """There are two."""
    assert read_settings({"running_balance": booking}).running_balance == booking


def test_any_other_stored_value_outside_its_values_is_told() -> None:
    """A tax mode guessed at would book wrongly in silence."""
    with pytest.raises(ValidationError):
        read_settings({"tax_mode": "of_next_year"})


def test_what_names_a_thing_of_the_books_does_not_go_along_to_others() -> None:
    """The same id is another thing there."""
    chosen = CompanySettings(
        tax_code_id="2",
        deposit_account_id="35",
        income_item_id="19",
        items_by_service={"Tear-off": "21"},
        ceiling=300,
    )

    assert chosen.without_ids_of_books() == CompanySettings(ceiling=300)
