"""Questions as the page shows them, with what is known of what each is about."""

from collections.abc import Mapping

from app.web.deciding import Known, Question, ids_asked_about, question
from coordination.database import Connection
from records import questions
from records.asked_about import customers_asked_about, invoices_asked_about
from records.deciding import Open


def shown_questions(
    connection: Connection, company_id: str, asked: Mapping[int, Open]
) -> dict[int, Question]:
    """Prepare the questions about some records of a company, by pk, in two look-ups for all."""
    ids = {each for one in asked.values() for each in ids_asked_about(one)}
    gone = [pk for pk, one in asked.items() if one.question == questions.Question.CUSTOMER_GONE]
    known = Known(
        invoices_asked_about(connection, company_id, ids),
        customers_asked_about(connection, company_id, gone),
    )
    return {pk: question(one, known) for pk, one in asked.items()}
