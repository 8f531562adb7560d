"""A busy ProLine: authors who change its records side by side, in transactions of every manner.

So that order can be judged afterwards, each change raises a revision under the lock of its root,
carries it in a field that reaches QuickBooks, and leaves a row in `proline.revisions`.
"""
