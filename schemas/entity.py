"""The four kinds of ProLine record this service carries."""

from enum import StrEnum


class Entity(StrEnum):
    """Which kind of ProLine record a snapshot describes."""

    CONTACT = "contact"
    PROJECT = "project"
    INVOICE = "invoice"
    PAYMENT = "payment"
