"""ProLine's people and projects: contacts, organizations, boards, projects and quotes."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from demo.proline.rows import Addressed, Amount, Cents, Changed, Key, OfCompany, Row, Time


class Company(Row):
    """A contractor that uses ProLine."""

    __tablename__ = "companies"

    id: Mapped[Key]
    name: Mapped[str]


class Organization(Row):
    """A company a project is done for, apart from the person."""

    __tablename__ = "organizations"

    id: Mapped[Key]
    company_id: Mapped[OfCompany]
    name: Mapped[str]


class Contact(Changed, Addressed, Row):
    """A person a contractor works for: one phone, one e-mail, one address."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("company_id", "number"),)

    id: Mapped[Key]
    company_id: Mapped[OfCompany]
    number: Mapped[str]
    display_name: Mapped[str]
    given_name: Mapped[str | None]
    family_name: Mapped[str | None]
    company_name: Mapped[str | None]
    customer_type: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    archived: Mapped[bool] = mapped_column(default=False)


class Pipeline(Row):
    """A board of stages."""

    __tablename__ = "pipelines"

    id: Mapped[Key]
    company_id: Mapped[OfCompany]
    name: Mapped[str]


class Stage(Row):
    """A column of a board; it gives its projects their status."""

    __tablename__ = "stages"

    id: Mapped[Key]
    company_id: Mapped[OfCompany]
    pipeline_id: Mapped[str] = mapped_column(ForeignKey("pipelines.id"))
    name: Mapped[str]
    position: Mapped[int]
    status: Mapped[str]


class Project(Changed, Addressed, Row):
    """A job at an address for its main contact, standing in one stage."""

    __tablename__ = "projects"
    __table_args__ = (UniqueConstraint("company_id", "number"),)

    id: Mapped[Key]
    company_id: Mapped[OfCompany]
    number: Mapped[str]
    name: Mapped[str]
    contact_id: Mapped[str] = mapped_column(ForeignKey("contacts.id"))
    organization_id: Mapped[str | None] = mapped_column(ForeignKey("organizations.id"))
    stage_id: Mapped[str] = mapped_column(ForeignKey("stages.id"))
    location: Mapped[str | None]
    archived: Mapped[bool] = mapped_column(default=False)


class ProjectStageMove(Row):
    """That a project entered a stage, and when: the history behind the board."""

    __tablename__ = "project_stage_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    stage_id: Mapped[str] = mapped_column(ForeignKey("stages.id"))
    entered_at: Mapped[Time]


class Quote(Row):
    """An offer for a project; signed ones add up to the contract's value."""

    __tablename__ = "quotes"

    id: Mapped[Key]
    company_id: Mapped[OfCompany]
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    number: Mapped[str]
    signed_at: Mapped[Time | None]


class QuoteLine(Row):
    """One line of a quote."""

    __tablename__ = "quote_lines"

    id: Mapped[Key]
    quote_id: Mapped[str] = mapped_column(ForeignKey("quotes.id"), index=True)
    position: Mapped[int]
    name: Mapped[str]
    quantity: Mapped[Amount]
    unit_price: Mapped[Cents]
    amount: Mapped[Cents]
    cost: Mapped[Cents | None]
    margin: Mapped[Cents | None]
