"""What stands around the Integrations page when somebody wants to look at it.

A ProLine of one page (`web`), what its buttons do there (`proline`) and in QuickBooks
(`quickbooks`), and the launches it signs (`launches`). `demo.page` puts it together with the real
relay, workers and page.
"""
