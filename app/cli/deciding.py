"""Commands for what needs a person: questions and their answers, and findings."""

from typing import Annotated

import typer

from app.cli.acting import Why, actor
from app.cli.failures import CannotBeDone
from app.cli.known import EntityKind, OfCompany
from app.cli.opening import open_database
from app.cli.printing import Json, print_json, print_sentence, show_rows
from app.tending import answer_question, see_to_finding
from records.deciding import Open, open_questions
from records.findings import list_findings
from records.questions import Takes

By = Annotated[str, typer.Option(help="Who says so.")]

findings = typer.Typer(help="Findings: what somebody should know.", no_args_is_help=True)


def decide(  # an option for each part of an answer
    record_id: Annotated[
        str | None, typer.Argument(metavar="[RECORD]", help="ProLine's id; none lists all.")
    ] = None,
    said: Annotated[
        str | None, typer.Argument(metavar="[ANSWER]", help="One of those shown.")
    ] = None,
    argument: Annotated[str | None, typer.Argument(metavar="[ID]", help="If it takes one.")] = None,
    *,
    shown: Annotated[str | None, typer.Option(help="What was shown with the question.")] = None,
    by: Annotated[str | None, typer.Option(help="Who answers.")] = None,
    entity: EntityKind = None,
    company: OfCompany = None,
    as_json: Json = False,
) -> None:
    """Show what is asked about records, or answer it.

    An answer names what was shown (--shown): if the question rests on something else by now, it is
    refused and has to be looked at again. The exit code is 1 if nothing is asked about the record.
    """
    with open_database() as pool, pool.connection() as connection:
        asked = open_questions(connection, record_id=record_id, entity=entity, company_id=company)
        if said is None:
            _show(asked, record_id, as_json=as_json)
            return
        one = _only(asked, record_id)
        if by is None or shown is None:
            raise CannotBeDone("An answer needs --shown, as printed with the question, and --by.")
        if shown != one.token:
            raise CannotBeDone(
                f"The question about {one.entity} {one.record_id} is another by now: look at it"
                " again with proline-qbo decide."
            )
        answer_question(connection, one, said, actor(by), argument)
    print_sentence(f"{one.entity.capitalize()} {one.record_id}: {said}. It goes on by itself.")


def _show(asked: list[Open], record_id: str | None, *, as_json: bool) -> None:
    if as_json:
        print_json([_row(each) for each in asked])
    elif record_id is None:
        rows = [
            {
                "company": each.company_id,
                "record": f"{each.entity} {each.record_id}",
                "question": each.question,
                "sentence": each.sentence,
                "since": each.asked_at,
            }
            for each in asked
        ]
        show_rows(rows, as_json=False, nothing="Nothing is asked.")
    elif asked:
        print_sentence("\n\n".join(map(_told, asked)))
    else:
        print_sentence(f"Nothing is asked about record {record_id}.")
    if record_id is not None and not asked:
        raise typer.Exit(1)


def _row(asked: Open) -> dict[str, object]:
    choices = [
        {"answer": each.answer, "sentence": each.sentence, "takes": each.takes}
        for each in asked.choices
    ]
    return {
        "company": asked.company_id,
        "entity": asked.entity,
        "record": asked.record_id,
        "state": asked.state,
        "question": asked.question,
        "sentence": asked.sentence,
        "values": dict(asked.shown),
        "choices": choices,
        "shown": asked.token,
        "since": asked.asked_at,
    }


def _told(asked: Open) -> str:
    values = [f"  {name}: {value}" for name, value in asked.shown.items()]
    choices = [
        f"  {each.answer}{'' if each.takes is Takes.NOTHING else f' ID ({each.takes})'}"
        f"  {each.sentence}"
        for each in asked.choices
    ]
    head = f"{asked.entity} {asked.record_id} of company {asked.company_id}: {asked.question}"
    command = (
        f"  proline-qbo decide {asked.record_id} ANSWER --entity {asked.entity}"
        f" --company {asked.company_id} --shown {asked.token} --by WHO"
    )
    return "\n".join([head, f"  {asked.sentence or ''}", *values, *choices, command])


def _only(asked: list[Open], record_id: str | None) -> Open:
    if len(asked) == 1:
        return asked[0]
    if not asked:
        raise CannotBeDone(f"Nothing is asked about record {record_id}.")
    raise CannotBeDone(
        f"Several records have the id {record_id}: name one with --entity and --company."
    )


@findings.command("list")
def list_(
    *,
    company: OfCompany = None,
    resolved: Annotated[
        bool, typer.Option("--resolved", help="Those too that somebody has seen to.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List findings that nobody has resolved; with --resolved all of them."""
    with open_database() as pool, pool.connection() as connection:
        found = list_findings(connection, company_id=company, resolved=resolved)
    rows = [
        {
            "id": each.id,
            "company": each.company_id,
            "record": f"{each.entity} {each.record_id}" if each.record_id else None,
            "kind": each.kind,
            "sentence": each.sentence,
            "since": each.found_at,
            "resolved_by": each.resolved_by,
        }
        for each in found
    ]
    show_rows(rows, as_json=as_json, nothing="Nothing was found.")


@findings.command("resolve")
def resolve(
    finding_id: Annotated[int, typer.Argument(metavar="ID", help="As findings list shows it.")],
    by: By,
    why: Why = "",
) -> None:
    """Note that somebody has seen to a finding. The exit code is 1 if there is none to resolve."""
    with open_database() as pool, pool.connection() as connection:
        done = see_to_finding(connection, finding_id, actor(by), why=why)
    if not done:
        print_sentence(f"There is no finding {finding_id} left to resolve.")
        raise typer.Exit(1)
    print_sentence(f"Finding {finding_id} is resolved.")
