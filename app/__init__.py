"""The composition root: settings, logs, migrations, the command line and what starts each process.

Only this package knows all the others; none of them knows it. It owns no tables.
"""
