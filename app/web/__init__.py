"""The Integrations page: server-rendered, works without JavaScript, and asks QuickBooks for little.

Routes read a request, ask the packages below, and render a template; what a page says of a company
is decided in pure modules. Every change is made through `app.onboarding` or `records`, the way the
command line makes it, and leaves an audit row.
"""
