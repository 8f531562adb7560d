"""What happens in the demonstration: a pure, seeded plan of small typed steps."""

from demo.scenario.changes import Change, Era, Step, entity_of
from demo.scenario.plan import BOARDS, Office, Plan, plan

__all__ = ["BOARDS", "Change", "Era", "Office", "Plan", "Step", "entity_of", "plan"]
