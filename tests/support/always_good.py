"""A company's access token where nobody asks how it is kept: it is always good."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OneToken:
    """The same token for every company; `workers.body.Tokens` and the source of one company."""

    token: str = "token"  # invented

    def for_company(self, company_id: str) -> "OneToken":  # noqa: ARG002  # the protocol's
        """Give the source of one company."""
        return self

    def access_token(self, realm_id: str) -> str:  # noqa: ARG002  # the protocol's
        """Give the token."""
        return self.token

    def refused(self, realm_id: str, token: str) -> str:  # noqa: ARG002  # the protocol's
        """Nobody refuses it."""
        raise AssertionError(realm_id)
