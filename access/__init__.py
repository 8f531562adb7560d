"""Who is at the page: launches from ProLine, sessions, roles and what each may do.

The only writer of `sessions` and `launches`. It knows a company by its id and a person by what
ProLine signed; it asks nobody else. `app.web` stands above it.
"""
