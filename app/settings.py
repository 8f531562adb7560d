"""The settings, read from the environment: each command asks for what it needs and no more.

`load(RelaySettings)` reads the group of a command and either returns it whole or raises one
`SettingsInvalid` that lists every problem as a sentence. Nothing here connects to anything.
Secrets never show in a repr, a log or an error.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, TypeVar

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.addresses import (
    LOOPBACK,
    ListenAddress,
    require_port,
    require_scheme,
    require_secure,
)
from app.keys import LaunchKeys, TokenKey, parse_launch_keys, parse_token_keys

EXAMPLE_PREFIX: Final = "example-"

SettingsGroup = TypeVar("SettingsGroup", bound="Settings")


class SettingsInvalid(ValueError):
    """What the environment says is not enough to start; `problems` has a sentence for each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keep the sentences and make one message of them."""
        self.problems = problems
        super().__init__("The settings are not complete:\n" + "\n".join(f"- {p}" for p in problems))


class Broker(StrEnum):
    """What carries the claim checks to the workers."""

    EMBEDDED = "embedded"
    RABBITMQ = "rabbitmq"


class QuickBooksEnvironment(StrEnum):
    """Which QuickBooks Online is meant; there is no default, since one of them is real books."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"
    SIMULATOR = "simulator"


class Settings(BaseSettings):
    """What every group shares: the environment alone is read, and an empty value is none."""

    model_config = SettingsConfigDict(
        frozen=True, env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )


class DatabaseSettings(Settings):
    """Where our tables and ProLine's outbox are."""

    database_url: SecretStr = Field(
        description="The address of ProLine's PostgreSQL, 15 or newer: postgresql://user@host/name."
    )

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr) -> SecretStr:
        require_scheme(value.get_secret_value(), "postgresql", "postgres")
        return value


class BrokerSettings(Settings):
    """What carries the claim checks from the relay to the workers."""

    broker: Broker = Field(
        default=Broker.RABBITMQ,
        description="What carries work to the workers: rabbitmq, or embedded within one process.",
    )
    amqp_url: SecretStr | None = Field(
        default=None,
        validate_default=True,
        description="The address of RabbitMQ, needed when BROKER is rabbitmq: amqp://user@host/.",
    )

    @property
    def rabbitmq_url(self) -> str | None:
        """RabbitMQ's address, None where work is carried within one process."""
        if self.broker is Broker.EMBEDDED or self.amqp_url is None:
            return None
        return self.amqp_url.get_secret_value()

    @field_validator("amqp_url")
    @classmethod
    def _is_there_for_rabbitmq(
        cls, value: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        if value is not None:
            require_scheme(value.get_secret_value(), "amqp", "amqps")
            require_port(value.get_secret_value())
        elif info.data.get("broker") is Broker.RABBITMQ:
            raise ValueError("is not set, and BROKER is rabbitmq: give the address of RabbitMQ")
        return value


class QuickBooksSettings(Settings):
    """Which QuickBooks Online, and who we are there."""

    qbo_environment: QuickBooksEnvironment = Field(
        description="Which QuickBooks Online is meant: production, sandbox or simulator."
    )
    qbo_base_url: str | None = Field(
        default=None,
        validate_default=True,
        description="Where the API is, only outside production; the simulator needs it.",
    )
    qbo_oauth_url: str | None = Field(
        default=None,
        validate_default=True,
        description="Where the token server is, only outside production; the simulator needs it.",
    )
    qbo_client_id: str = Field(
        description="The client id of the app, from Intuit's developer portal, Keys & credentials."
    )
    qbo_client_secret: SecretStr = Field(
        description="The client secret of the app, from the same page."
    )
    qbo_redirect_uri: str = Field(
        description="Where Intuit sends the office back after Connect, exactly as registered there."
    )

    @field_validator("qbo_base_url", "qbo_oauth_url")
    @classmethod
    def _belongs_to_the_environment(cls, value: str | None, info: ValidationInfo) -> str | None:
        environment = info.data.get("qbo_environment")
        if environment is QuickBooksEnvironment.PRODUCTION and value is not None:
            # Real tokens and real books would go to whoever listens at that address.
            raise ValueError("is set, and QBO_ENVIRONMENT is production: take it out")
        if environment is QuickBooksEnvironment.SIMULATOR and value is None:
            raise ValueError("is not set, and QBO_ENVIRONMENT is simulator: give its address")
        if value is not None and environment is not None:
            require_secure(value, loopback_too=environment is QuickBooksEnvironment.SIMULATOR)
        return value

    @field_validator("qbo_client_id", "qbo_client_secret")
    @classmethod
    def _is_no_example(cls, value: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value
        simulated = info.data.get("qbo_environment") is QuickBooksEnvironment.SIMULATOR
        if plain.startswith(EXAMPLE_PREFIX) and not simulated:
            raise ValueError("still has the value of .env.example: put in your own")
        return value

    @field_validator("qbo_redirect_uri")
    @classmethod
    def _is_a_safe_way_back(cls, value: str, info: ValidationInfo) -> str:
        # Production refuses http and localhost:
        # https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/set-redirect-uri
        environment = info.data.get("qbo_environment")
        if environment is not None:
            require_secure(value, loopback_too=environment is not QuickBooksEnvironment.PRODUCTION)
        return value


class ProofSettings(Settings):
    """What a QuickBooks sandbox has shown, and the code would otherwise not rely on."""

    qbo_requestid_proved: bool = Field(
        default=False,
        description="Whether a sandbox has shown that a requestid is replayed: true or false.",
    )


class TokenKeySettings(Settings):
    """The keys under which QuickBooks' tokens lie in the database."""

    token_keys: Annotated[tuple[TokenKey, ...], NoDecode, BeforeValidator(parse_token_keys)] = (
        Field(
            description="The keys of the stored tokens, newest first: id:base64key[,id:base64key]."
        )
    )


class LaunchSettings(Settings):
    """How ProLine proves who opens the Integrations page."""

    proline_launch_keys: Annotated[LaunchKeys, NoDecode, BeforeValidator(parse_launch_keys)] = (
        Field(description="ProLine's public keys: a JWKS, or the path of a file that holds one.")
    )


class MetricsSettings(Settings):
    """Where the figures of this process are shown."""

    metrics_port: Annotated[
        ListenAddress | None, NoDecode, BeforeValidator(ListenAddress.parse)
    ] = Field(
        default=None,
        description=f"Where to show metrics: a port on {LOOPBACK}, or host:port. Unset: nowhere.",
    )


class MigrateSettings(DatabaseSettings):
    """What `proline-qbo migrate`, `status` and the other commands on records need."""


class RelaySettings(DatabaseSettings, BrokerSettings, MetricsSettings):
    """What `proline-qbo relay` needs: no QuickBooks, no keys."""


class WorkerSettings(
    DatabaseSettings,
    BrokerSettings,
    QuickBooksSettings,
    ProofSettings,
    TokenKeySettings,
    MetricsSettings,
):
    """What `proline-qbo worker` needs."""


class CompanySettings(DatabaseSettings, QuickBooksSettings, TokenKeySettings):
    """What the commands that talk to QuickBooks for a company need."""


class WebSettings(CompanySettings, LaunchSettings, MetricsSettings):
    """What `proline-qbo web` needs."""


GROUPS: Final = (MigrateSettings, RelaySettings, WorkerSettings, CompanySettings, WebSettings)


def load(group: type[SettingsGroup]) -> SettingsGroup:
    """Read one group from the environment.

    Raises:
        SettingsInvalid: with a sentence for every setting that is missing or wrong.
    """
    try:
        return group()
    except ValidationError as error:
        problems = (_sentence(group, problem) for problem in error.errors(include_url=False))
        # Without the cause: pydantic's own error keeps the refused value, secrets included.
        raise SettingsInvalid(tuple(problems)) from None


def descriptions() -> Mapping[str, str]:
    """Return every setting's name in the environment with its description, in reading order."""
    return {
        name.upper(): field.description or ""
        for group in GROUPS
        for name, field in group.model_fields.items()
    }


def _sentence(group: type[Settings], problem: ErrorDetails) -> str:
    name = str(problem["loc"][0])
    if problem["type"] == "missing":
        return f"{name.upper()} is not set. {group.model_fields[name].description}"
    if problem["type"] == "enum":
        return f"{name.upper()} must be {problem['ctx']['expected']}."
    return f"{name.upper()} {problem['msg'].removeprefix('Value error, ')}."
