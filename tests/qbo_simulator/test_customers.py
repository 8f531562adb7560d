"""Customers, jobs, vendors and employees: names, hierarchy, lengths, activity."""

import pytest

from tests.qbo_simulator.driver import Company


def test_a_created_customer_comes_back_as_quickbooks_shows_it() -> None:
    """A create with only a name is answered with every field QuickBooks fills in itself."""
    company = Company()

    reply = company.post("customer", {"DisplayName": "Doe5, Jane"})

    assert reply.status == 200
    assert reply.json == {
        "Customer": {
            "Taxable": True,
            "Job": False,
            "BillWithParent": False,
            "Balance": 0,
            "BalanceWithJobs": 0,
            "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
            "PreferredDeliveryMethod": "Print",
            "IsProject": False,
            "domain": "QBO",
            "sparse": False,
            "Id": "1",
            "SyncToken": "0",
            "MetaData": {
                "CreateTime": "2026-11-20T10:00:00-08:00",
                "LastUpdatedTime": "2026-11-20T10:00:00-08:00",
            },
            "FullyQualifiedName": "Doe5, Jane",
            "DisplayName": "Doe5, Jane",
            "PrintOnCheckName": "Doe5, Jane",
            "Active": True,
            "DefaultTaxCodeRef": {"value": "2"},
        },
        "time": "2026-11-20T10:00:00.000-08:00",
    }


@pytest.mark.parametrize("kind", ["customer", "vendor", "employee"])
def test_a_name_is_taken_by_customer_vendor_and_employee_alike(kind: str) -> None:
    """A DisplayName is unique over all three, whatever its case, and the fault names its holder."""
    company = Company()
    holder = company.post(kind, {"DisplayName": "Ada Example"}).object["Id"]

    reply = company.post("customer", {"DisplayName": " ADA example "})

    assert (reply.status, reply.code) == (400, "6240")
    assert reply.detail == f"The name supplied already exists. : Id={holder}"


def test_a_job_hangs_below_its_parent() -> None:
    """A sub-customer has a level and the full name from the top, which follows a renamed parent."""
    company = Company()
    parent = company.customer("Doe, Jack")
    job = company.post(
        "customer", {"DisplayName": "Roof", "Job": True, "ParentRef": {"value": parent}}
    ).object

    company.post(
        "customer", {"Id": parent, "SyncToken": "0", "sparse": True, "DisplayName": "Doe, Jim"}
    )

    assert (job["Level"], job["FullyQualifiedName"]) == (1, "Doe, Jack:Roof")
    assert company.get(f"customer/{job['Id']}").object["FullyQualifiedName"] == "Doe, Jim:Roof"


@pytest.mark.parametrize("extra", [{"Job": True}, {"ParentRef": {"value": "1"}}])
def test_job_and_parent_go_together(extra: dict[str, object]) -> None:
    """One of Job and ParentRef without the other is refused with 6150."""
    company = Company()
    company.customer("Doe, Jack")

    reply = company.post("customer", {"DisplayName": "Roof", **extra})

    assert reply.code == "6150"


def test_a_job_hangs_at_most_four_levels_deep() -> None:
    """A fifth level below the top is refused with 6180."""
    company = Company()
    parent = company.customer("0")
    for level in range(1, 5):
        parent = company.customer(f"Level {level}", Job=True, ParentRef={"value": parent})

    reply = company.post(
        "customer", {"DisplayName": "deep", "Job": True, "ParentRef": {"value": parent}}
    )

    assert reply.code == "6180"


@pytest.mark.parametrize(
    ("fields", "code", "element"),
    [
        ({"DisplayName": "x" * 501}, "2050", "DisplayName"),
        ({"DisplayName": "a", "GivenName": "x" * 101}, "2050", "GivenName"),
        ({"DisplayName": "a", "PrimaryPhone": {"FreeFormNumber": "5" * 31}}, "2050", None),
        ({"DisplayName": "a:b"}, "2040", "DisplayName"),
        ({"DisplayName": "a\tb"}, "2040", "DisplayName"),
        ({"DisplayName": "a", "PrimaryEmailAddr": {"Address": "nobody"}}, "2210", None),
        ({"DisplayName": "a", "Nickname": "b"}, "2010", None),
        ({"DisplayName": "a", "BillAddr": {"Street": "b"}}, "2010", None),
        ({"DisplayName": "a", "Active": "perhaps"}, "2010", None),
        ({"DisplayName": "a", "ParentRef": "1"}, "2010", None),
        ({"Notes": "nameless"}, "6080", None),
    ],
)
def test_a_bad_field_is_refused_by_name(
    fields: dict[str, object], code: str, element: str | None
) -> None:
    """What QuickBooks does not take it refuses with the code of the reason, naming the element."""
    company = Company()

    reply = company.post("customer", fields)

    assert (reply.status, reply.code) == (400, code)
    if code == "2010":
        assert "element" not in reply.json["Fault"]["Error"][0]
    if element is not None:
        assert reply.json["Fault"]["Error"][0]["element"] == element


def test_a_name_is_cut_by_characters_not_bytes() -> None:
    """Five hundred characters fit, however many bytes they are."""
    company = Company()

    reply = company.post("customer", {"DisplayName": "é" * 500})

    assert reply.object["DisplayName"] == "é" * 500


def test_an_inactive_customer_frees_its_name_and_can_come_back() -> None:
    """Active false marks the name as deleted; Active true takes the mark away."""
    company = Company()
    first = company.customer("Ada Example")
    body = {"Id": first, "SyncToken": "0", "sparse": True, "Active": False}
    gone = company.post("customer", body).object

    back = company.post("customer", {**body, "SyncToken": "1", "Active": True}).object

    assert (gone["DisplayName"], gone["Active"]) == ("Ada Example (deleted)", False)
    assert (back["DisplayName"], back["Active"]) == ("Ada Example", True)


def test_four_byte_characters_are_refused_where_the_setting_says_so() -> None:
    """Whether an emoji in a name is taken is a setting, for nobody knows."""
    keeping, refusing = Company(), Company(four_byte_characters="refuse")

    kept, refused = (
        each.post("customer", {"DisplayName": "Ada \N{HOUSE BUILDING}"})
        for each in (keeping, refusing)
    )

    assert (kept.code, refused.code) == (None, "2040")


def test_a_foreign_currency_needs_multicurrency() -> None:
    """Another currency than the company's own is refused until multicurrency is on."""
    single, many = Company(), Company(multi_currency=True)
    body = {"DisplayName": "Ada", "CurrencyRef": {"value": "CAD"}}

    refused, taken = single.post("customer", body), many.post("customer", body)

    assert refused.code == "6000"
    assert taken.object["CurrencyRef"] == {"value": "CAD", "name": "Canadian Dollar"}


def test_a_job_stays_a_job() -> None:
    """Turning a job into a top customer is refused with 6150, in a full update too."""
    company = Company()
    parent = company.customer("Ada")
    job = company.customer("Roof", Job=True, ParentRef={"value": parent})

    reply = company.post("customer", {"Id": job, "SyncToken": "0", "DisplayName": "Roof"})

    assert reply.code == "6150"


def test_a_customer_cannot_hang_below_itself() -> None:
    """A parent that is the customer itself, or one of its own jobs, is refused with 900."""
    company = Company()
    top = company.customer("Ada")
    job = company.customer("Roof", Job=True, ParentRef={"value": top})
    update = {"SyncToken": "0", "sparse": True, "Job": True}

    below_job = company.post("customer", {**update, "Id": top, "ParentRef": {"value": job}})
    below_self = company.post("customer", {**update, "Id": job, "ParentRef": {"value": job}})

    assert (below_job.code, below_self.code) == ("900", "900")


def test_a_customer_keeps_its_currency() -> None:
    """A currency once chosen cannot be changed."""
    company = Company(multi_currency=True)
    ada = company.customer("Ada", CurrencyRef={"value": "CAD"})
    update = {"Id": ada, "SyncToken": "0", "sparse": True, "CurrencyRef": {"value": "USD"}}

    reply = company.post("customer", update)

    assert reply.code == "6000"


def test_who_is_billed_stays_once_there_is_a_transaction() -> None:
    """BillWithParent of a job cannot be changed any more, 6130; before it can."""
    company = Company()
    ada = company.customer("Ada")
    job = company.customer("Roof", Job=True, ParentRef={"value": ada})
    update = {"Id": job, "sparse": True, "BillWithParent": True}

    free = company.post("customer", {**update, "SyncToken": "0"})
    company.invoice(job, 5)
    refused = company.post(
        "customer", {**update, "SyncToken": free.object["SyncToken"], "BillWithParent": False}
    )

    assert (free.code, refused.code) == (None, "6130")


def test_a_group_of_nothing_but_nulls_is_none() -> None:
    """A client that has no phone sends `FreeFormNumber: null`, and no phone comes back."""
    company = Company()

    made = company.post(
        "customer",
        {
            "Id": None,
            "DisplayName": "Ada",
            "PrimaryPhone": {"FreeFormNumber": None},
            "PrimaryEmailAddr": {"Address": "ada@example.com"},
        },
    ).object

    assert "PrimaryPhone" not in made
    assert made["PrimaryEmailAddr"] == {"Address": "ada@example.com"}
