"""A company's boards as it sets them up when it begins with ProLine: pipelines and their stages."""

from sqlalchemy.orm import Session

from demo.proline import Company, Pipeline, Stage
from demo.scenario import BOARDS, Office


def set_up(session: Session, office: Office) -> None:
    """Enter a company with its boards and stages."""
    session.add(Company(id=office.id, name=office.name))
    session.flush()
    position = 0
    for board, stages in BOARDS.items():
        pipeline = Pipeline(id=key_of(office.id, board), company_id=office.id, name=board)
        session.add(pipeline)
        session.flush()
        for name, status in stages:
            position += 1
            session.add(
                Stage(
                    id=key_of(office.id, name),
                    company_id=office.id,
                    pipeline_id=pipeline.id,
                    name=name,
                    position=position,
                    status=status,
                )
            )


def key_of(company_id: str, name: str) -> str:
    """Give the id of a company's own board, stage or organization."""
    return f"{company_id}-{name}"
