"""The page on which a user lets an app into a company, and the discovery document.

https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0
The redirect carries `code`, `state` and `realmId`; declining carries `error=access_denied`.
"""

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode, urlsplit

from qbo_simulator.oauth import TokenOffice
from qbo_simulator.realm import Realm
from qbo_simulator.wire import HTML_TYPE, Request, Response, json_response

ASKED = ("client_id", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method")
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Connect to QuickBooks (simulator)</title>
<style>body{{font:16px system-ui;max-width:34rem;margin:4rem auto}}
label{{display:block;margin:.6rem 0}}
button{{font:inherit;padding:.5rem 1.2rem;margin-right:.6rem}}</style></head>
<body><h1>Connect to QuickBooks</h1>
<p>This is the simulator's consent page. Which company shall <b>{client}</b> be connected to?</p>
<form method="post" action="/connect/oauth2">{hidden}
{choices}
<p><button name="decision" value="connect">Connect</button>
<button name="decision" value="cancel">Cancel</button></p></form></body></html>
"""


def show_consent(request: Request, realms: Sequence[Realm]) -> Response:
    """Show the page, or say what is wrong with the question (400)."""
    asked = request.parameters
    problem = _problem(asked)
    if problem is not None:
        return Response(400, escape(problem).encode(), HTML_TYPE)
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked[name])}">'
        for name in ASKED
        if name in asked
    )
    choices = "\n".join(_choice(realm, chosen=number == 0) for number, realm in enumerate(realms))
    page = PAGE.format(client=escape(asked["client_id"]), hidden=hidden, choices=choices)
    return Response(200, page.encode(), HTML_TYPE)


def answer_consent(request: Request, office: TokenOffice, realm: Realm | None) -> Response:
    """Send the user back to the app with a code, or without."""
    form = request.form()
    problem = _problem({"response_type": "code", **form})
    if problem is not None:
        return Response(400, escape(problem).encode(), HTML_TYPE)
    back = {"state": form["state"]} if "state" in form else {}
    if form.get("decision") == "cancel":
        return _redirect(form["redirect_uri"], {"error": "access_denied", **back})
    if realm is None:
        return Response(400, b"Choose a company.", HTML_TYPE)
    code = office.issue_code(
        realm,
        client_id=form["client_id"],
        redirect_uri=form["redirect_uri"],
        challenge=form.get("code_challenge"),
    )
    found = {"code": code, **back, "realmId": realm.settings.realm_id}
    return _redirect(form["redirect_uri"], found)


def discovery(request: Request) -> Response:
    """Give the discovery document, with this server's own addresses."""
    base = f"http://{request.headers.get('host', 'localhost')}"
    return json_response(
        {
            "issuer": "https://oauth.platform.intuit.com/op/v1",
            "authorization_endpoint": f"{base}/connect/oauth2",
            "token_endpoint": f"{base}/oauth2/v1/tokens/bearer",
            "revocation_endpoint": f"{base}/v2/oauth2/tokens/revoke",
            "userinfo_endpoint": f"{base}/v1/openid_connect/userinfo",
            "jwks_uri": f"{base}/op/v1/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile", "com.intuit.quickbooks.accounting"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }
    )


def _problem(asked: dict[str, str]) -> str | None:
    for name in ("client_id", "redirect_uri"):
        if not asked.get(name):
            return f"{name} is missing."
    if urlsplit(asked["redirect_uri"]).scheme not in {"http", "https"}:
        return "redirect_uri is no web address."
    if asked.get("response_type") != "code":
        return "response_type must be code."
    if asked.get("code_challenge") and asked.get("code_challenge_method", "plain") != "S256":
        return "code_challenge_method must be S256."
    return None


def _choice(realm: Realm, *, chosen: bool) -> str:
    settings = realm.settings
    checked = " checked" if chosen else ""
    return (
        f'<label><input type="radio" name="realm_id" value="{escape(settings.realm_id)}"{checked}> '
        f"{escape(settings.company_name)} ({escape(settings.realm_id)})</label>"
    )


def _redirect(redirect_uri: str, parameters: dict[str, str]) -> Response:
    joint = "&" if "?" in redirect_uri else "?"
    location = f"{redirect_uri}{joint}{urlencode(parameters)}"
    return Response(302, b"", HTML_TYPE, (("Location", location),))
