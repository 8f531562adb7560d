"""The checker: judges from QuickBooks' log of calls and ProLine's tables alone.

It imports nothing of what it judges, and states every promise again: nothing lost, nothing twice,
nothing out of order, no two writes of one record at a time, no limit exceeded, nothing in another
company's books, no cent off.
"""

from chaos.checker.breaches import Breach, Kind
from chaos.checker.facts import Call, Facts, Realm, Revision
from chaos.checker.verdict import Verdict, judge

__all__ = ["Breach", "Call", "Facts", "Kind", "Realm", "Revision", "Verdict", "judge"]
