"""The demonstration: a small ProLine of its own, the scenario it plays, and a second opinion.

It owns nothing of the product. `demo.proline` stands where the real ProLine will, `demo.scenario`
says what happens in it, `demo.play` makes it happen, and `demo.comparer` holds QuickBooks against
ProLine's tables without a line of the code it judges.
"""
