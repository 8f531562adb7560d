"""Why a person does not come in.

LaunchRefused     a sentence for the person, and one word for the log; never the token
└── LaunchUsed    the link has opened the page before
"""

from typing import Final, Literal

Why = Literal[
    "form",
    "header",
    "algorithm",
    "key",
    "signature",
    "issuer",
    "audience",
    "times",
    "expired",
    "future",
    "jti",
    "company",
    "user",
    "role",
    "used",
]

_AGAIN: Final = "Go back to ProLine and open Integrations there."
_NOT_PROLINES: Final = f"This link was not made by ProLine for this page. {_AGAIN}"
_INCOMPLETE: Final = (
    "ProLine's link does not say all that this page must know. Please tell ProLine's support."
)
_SENTENCES: Final[dict[Why, str]] = {
    "form": _NOT_PROLINES,
    "header": _NOT_PROLINES,
    "algorithm": _NOT_PROLINES,
    "key": _NOT_PROLINES,
    "signature": _NOT_PROLINES,
    "issuer": _NOT_PROLINES,
    "audience": _NOT_PROLINES,
    "times": _INCOMPLETE,
    "expired": f"This link has expired: it works for a few minutes only. {_AGAIN}",
    "future": (
        "The clocks of ProLine and of this page disagree. Wait a minute and open Integrations in"
        " ProLine again; if this comes back, please tell ProLine's support."
    ),
    "jti": _INCOMPLETE,
    "company": _INCOMPLETE,
    "user": _INCOMPLETE,
    "role": _INCOMPLETE,
    "used": f"This link has opened the page already, and it does so once. {_AGAIN}",
}


class LaunchRefused(Exception):  # a word of the page, not of the machine
    """A launch token opens nothing; the message is a sentence for the person.

    `why` is one of a few words, for logs and counters: it says which rule was broken, and what
    stands in the token stays out of both.
    """

    def __init__(self, why: Why) -> None:
        """Choose the sentence."""
        self.why: Why = why
        super().__init__(_SENTENCES[why])


class LaunchUsed(LaunchRefused):
    """The token is true, and has opened a session before."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("used")
