"""The settings: every variable the server reads, typed, checked together, read once at the start.

What a variable must look like and what to do when it does not stands here, next to it; `.env.example`
explains each to whoever fills it in. Where the values of embedded services come from is not decided here:
`server.embedded` makes them and hands them to `load_settings`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import limits
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, DotEnvSettingsSource, NoDecode, SettingsConfigDict

ROOT = Path(__file__).parents[1]
ENV_FILE = ".env"
SECRET_KEY_LENGTH = 32


class ConfigurationError(Exception):
    """The server cannot start as configured. One sentence per variable, each with its cure."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Cure:
    """What to do when the variable is missing or wrong: the end of a sentence that begins with its name."""

    text: str


def _postgres_url(value: SecretStr) -> SecretStr:
    scheme, separator, rest = value.get_secret_value().partition("://")
    if not separator or scheme not in ("postgres", "postgresql", "postgresql+asyncpg"):
        raise ValueError("is no PostgreSQL address")
    url = f"postgresql://{rest}"
    if not _split(url).path.strip("/"):
        raise ValueError("names no database")
    return SecretStr(url)


def _redis_url(value: SecretStr) -> SecretStr:
    parts = _split(value.get_secret_value())
    if parts.scheme not in ("redis", "rediss", "unix"):
        raise ValueError("is no Redis or Valkey address")
    return value


def _http_url(value: str) -> str:
    parts = _split(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no http(s) address")
    return value.rstrip("/")


class SmtpServer(NamedTuple):
    """Where letters are handed over, and how: with TLS from the first byte (`implicit`), by STARTTLS or not
    at all; `ca` is a file of the authorities that are believed in place of the system's.
    """

    host: str
    port: int
    user: str | None
    password: str | None
    tls: Literal["implicit", "starttls", "none"]
    ca: Path | None


def parse_smtp_url(url: str) -> SmtpServer:
    """smtp://USER:PASSWORD@HOST:587, smtps://…:465; ValueError where it is neither."""
    parts = _split(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        raise ValueError("is no SMTP address")
    if unknown := options.keys() - {"tls", "ca"}:
        raise ValueError(f"has an option that is not known ({', '.join(sorted(unknown))})")
    wanted = options.get("tls", "starttls")
    if wanted not in ("starttls", "none") or ("tls" in options and parts.scheme == "smtps"):
        raise ValueError("has an option tls that it cannot have")
    tls: Literal["implicit", "starttls", "none"] = "none" if wanted == "none" else "starttls"
    if parts.scheme == "smtps":
        tls = "implicit"
    user = unquote(parts.username) if parts.username else None
    if tls == "none" and user:
        raise ValueError("would send a password without TLS")
    return SmtpServer(
        parts.hostname,
        parts.port or (465 if tls == "implicit" else 587),
        user,
        unquote(parts.password or "") if user else None,
        tls,
        Path(options["ca"]) if options.get("ca") else None,
    )


def _smtp_url(value: SecretStr) -> SecretStr:
    parse_smtp_url(value.get_secret_value())
    return value


def _sender(value: str | None, info: ValidationInfo) -> str | None:
    if value is None:
        if info.data.get("smtp_url") is not None:
            raise ValueError("is not set, but SMTP_URL is")
        return None
    _, address = parseaddr(value)
    if not value.isprintable() or not value.isascii() or "@" not in address:
        raise ValueError("is no address of a sender")
    Address(addr_spec=address)
    return value


def _site(value: str | None, info: ValidationInfo) -> str | None:
    if value is None and info.data.get("smtp_url") is not None and info.data.get("mailbox") is None:
        raise ValueError("is not set, but SMTP_URL is")
    return None if value is None else _http_url(value)


def _split(url: str) -> SplitResult:
    """The parts of a URL. A port that is no number is found here, not at the first connection."""
    parts = urlsplit(url)
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("has a port that is no number from 0 to 65535") from None
    return parts


def _long_enough(value: SecretStr) -> SecretStr:
    if (length := len(value.get_secret_value())) < SECRET_KEY_LENGTH:
        raise ValueError(f"has {length} characters, fewer than {SECRET_KEY_LENGTH}")
    return value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _separated(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _origin(value: str) -> str:
    parts = _split(value)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or value != f"{parts.scheme}://{parts.netloc}"
    ):
        raise ValueError("holds something that is no origin")
    return value.lower()


def _rate(value: str) -> str:
    try:
        (rate,) = limits.parse_many(value)
    except ValueError:
        raise ValueError("is not one rate") from None
    if rate.amount < 1:
        raise ValueError("lets nobody in")
    return value


PostgresUrl = Annotated[SecretStr, AfterValidator(_postgres_url)]
Port = Annotated[int, Field(ge=1, le=65535)]
Rate = Annotated[str, AfterValidator(_rate)]
Origin = Annotated[str, AfterValidator(_origin)]
Network = IPv4Network | IPv6Network
_SEPARATED = (NoDecode, BeforeValidator(_separated))


class Settings(BaseSettings):
    """Everything that differs between two places where the server runs. A field is its variable's name."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: Annotated[
        PostgresUrl, Cure("give the address as postgresql://USER:PASSWORD@HOST:5432/DATABASE")
    ]
    database_direct_url: Annotated[
        PostgresUrl,
        Cure(
            "give the address that reaches PostgreSQL itself, past any pooler, as "
            "postgresql://USER:PASSWORD@HOST:5432/DATABASE, or leave it out to take DATABASE_URL"
        ),
    ]
    database_pool_size: Annotated[
        PositiveInt, Cure("give the number of connections that one process may hold, such as 10")
    ] = 10

    redis_url: Annotated[
        SecretStr,
        AfterValidator(_redis_url),
        Cure("give the address as redis://:PASSWORD@HOST:6379/0, or give REDIS_HOST (and REDIS_PORT)"),
    ]
    redis_host: Annotated[str | None, Cure("give the host's name alone, such as cache.internal")] = None
    redis_port: Annotated[Port, Cure("give a port number from 1 to 65535")] = 6379

    redis_seconds_max: Annotated[
        PositiveFloat, Cure("give how long a request may wait for Redis, such as 0.05")
    ] = 0.05

    readiness_seconds_max: Annotated[
        PositiveFloat, Cure("give how long all dependencies together may take to answer, such as 0.9")
    ] = 0.9

    aws_access_key_id: Annotated[str, Cure("give the access key of an account that may use the bucket")]
    aws_secret_access_key: Annotated[SecretStr, Cure("give the secret that belongs to AWS_ACCESS_KEY_ID")]
    aws_region: Annotated[str, Cure("give the region of the bucket, such as eu-central-1")]
    s3_bucket_name: Annotated[
        str,
        Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"),
        Cure("give the bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens"),
    ]
    s3_endpoint_url: Annotated[
        Annotated[str, AfterValidator(_http_url)] | None,
        Cure(
            "give the address of the S3 service, such as https://s3.example.net, "
            "or leave it out for AWS itself"
        ),
    ] = None

    secret_key: Annotated[
        SecretStr,
        AfterValidator(_long_enough),
        Cure(
            f"give at least {SECRET_KEY_LENGTH} random characters, "
            "such as the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        ),
    ]

    secret_keys_retired: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_long_enough)], ...],
        *_SEPARATED,
        Cure("give earlier values of SECRET_KEY, separated by commas, or leave it out"),
    ] = ()

    smtp_url: Annotated[
        Annotated[SecretStr, AfterValidator(_smtp_url)] | None,
        Cure("give the address as smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465"),
    ] = None
    mailbox: Annotated[
        Path | None, Cure("give a folder, or leave it out where letters go to those they are for")
    ] = None
    mail_from: Annotated[
        str | None,
        AfterValidator(_sender),
        Field(validate_default=True),
        Cure("give the sender of letters, such as Dwelzo <noreply@example.com>"),
    ] = None
    site_url: Annotated[
        str | None,
        AfterValidator(_site),
        Field(validate_default=True),
        Cure("give the address of the site to which links in letters lead, such as https://www.example.com"),
    ] = None
    smtp_seconds_max: Annotated[
        PositiveFloat, Cure("give how long a letter may take to be handed over, such as 30")
    ] = 30.0

    jobs_at_once_max: Annotated[
        int, Field(ge=2), Cure("give how many jobs one worker does at a time, 2 or more, such as 10")
    ] = 10
    job_lost_seconds: Annotated[
        PositiveFloat, Cure("give the seconds after which a silent worker's jobs are taken over, such as 30")
    ] = 30.0

    dwelzo_home: Annotated[
        Path, AfterValidator(Path.absolute), Cure("give a folder that this user may write")
    ] = ROOT / ".dwelzo"

    host: Annotated[str, Cure("give the address to listen on, such as 127.0.0.1 or 0.0.0.0")] = "127.0.0.1"
    port: Annotated[Port, Cure("give a port number from 1 to 65535")] = 8000
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        BeforeValidator(_upper),
        Cure("give one of DEBUG, INFO, WARNING, ERROR"),
    ] = "INFO"
    execution: Annotated[
        Literal["composed", "reference", "shadow"],
        Cure("give composed, or for finding faults reference (field by field) or shadow (both, compared)"),
    ] = "composed"

    # What is public, and to whom.
    public_schema: Annotated[bool, Cure("give true or false")] = True
    graphiql: Annotated[bool, Cure("give true or false")] = False
    documents: Annotated[
        Literal["any", "trusted"],
        Cure("give any, or trusted to answer only the operations of TRUSTED_DOCUMENTS"),
    ] = "any"
    trusted_documents: Annotated[
        tuple[Path, ...],
        *_SEPARATED,
        Cure("give files separated by commas, such as generated/trusted_documents.json"),
    ] = (ROOT / "generated" / "trusted_documents.json",)
    cors_origins: Annotated[
        tuple[Origin, ...],
        *_SEPARATED,
        Cure("give origins separated by commas, such as https://www.example.com,https://m.example.com"),
    ] = ()
    trusted_proxies: Annotated[
        tuple[Network, ...],
        *_SEPARATED,
        Cure("give addresses or networks separated by commas, such as 10.0.0.0/8,192.0.2.7"),
    ] = ()

    # Limits of one request. docs/limits.md explains them to those who write clients.
    body_bytes_max: Annotated[PositiveInt, Cure("give a number of bytes, such as 100000")] = 100_000
    document_characters_max: Annotated[PositiveInt, Cure("give a number of characters, such as 20000")] = (
        20_000
    )
    document_tokens_max: Annotated[PositiveInt, Cure("give a number of tokens, such as 1000")] = 1_000
    document_fields_max: Annotated[PositiveInt, Cure("give a number of fields, such as 300")] = 300
    document_depth_max: Annotated[PositiveInt, Cure("give a number of levels, such as 10")] = 10
    document_aliases_max: Annotated[PositiveInt, Cure("give a number of aliases, such as 15")] = 15
    document_directives_max: Annotated[PositiveInt, Cure("give a number of directives, such as 20")] = 20
    document_definitions_max: Annotated[PositiveInt, Cure("give a number of definitions, such as 20")] = 20
    batch_max: Annotated[
        PositiveInt, Cure("give how many operations one request may hold; 1 for no batches")
    ] = 1
    page_size_max: Annotated[
        int, Field(ge=1, le=1000), Cure("give the largest page a client may ask for, from 1 to 1000")
    ] = 100
    cost_limit: Annotated[PositiveInt, Cure("give the highest cost of one operation, such as 10000")] = 10_000
    request_seconds_max: Annotated[
        PositiveFloat, Cure("give the seconds after which a request is given up, such as 10")
    ] = 10.0

    # Limits of a connection.
    head_bytes_max: Annotated[PositiveInt, Cure("give a number of bytes, such as 16384")] = 16_384
    head_seconds_max: Annotated[PositiveFloat, Cure("give a number of seconds, such as 10")] = 10.0
    body_seconds_max: Annotated[PositiveFloat, Cure("give a number of seconds, such as 20")] = 20.0
    write_seconds_max: Annotated[PositiveFloat, Cure("give a number of seconds, such as 20")] = 20.0
    idle_seconds_max: Annotated[
        PositiveFloat, Cure("give a number of seconds, more than a proxy before the server keeps connections")
    ] = 65.0
    connections_max: Annotated[PositiveInt, Cure("give a number of connections, such as 2000")] = 2_000

    # Overload.
    requests_at_once_max: Annotated[
        PositiveInt, Cure("give how many requests one process works on at a time, such as 64")
    ] = 64
    queue_seconds_max: Annotated[
        PositiveFloat, Cure("give how long a request may wait for its turn, such as 2")
    ] = 2.0

    # Rates, in the notation of the library `limits`.
    rate_limits: Annotated[bool, Cure("give true or false")] = True
    rate_requests_anonymous: Annotated[Rate, Cure("give a rate such as 600/minute")] = "600/minute"
    rate_requests: Annotated[Rate, Cure("give a rate such as 1200/minute")] = "1200/minute"
    rate_points_anonymous: Annotated[Rate, Cure("give a rate such as 20000/hour")] = "20000/hour"
    rate_points: Annotated[Rate, Cure("give a rate such as 100000/hour")] = "100000/hour"

    attempts_by_account: Annotated[Rate, Cure("give a rate such as 20/15minutes")] = "20/15minutes"
    attempts_by_address: Annotated[Rate, Cure("give a rate such as 100/15minutes")] = "100/15minutes"

    @property
    def secrets(self) -> list[str]:
        """The secret that signs, and behind it those that have signed."""
        return [secret.get_secret_value() for secret in (self.secret_key, *self.secret_keys_retired)]

    @property
    def smtp(self) -> SmtpServer | None:
        """Who takes letters; None where nobody does, and they wait."""
        return None if self.smtp_url is None else parse_smtp_url(self.smtp_url.get_secret_value())

    @property
    def site(self) -> str:
        """Where links in letters lead: in embedded mode, where no site is given, to the server itself."""
        return self.site_url or f"http://localhost:{self.port}"

    @property
    def mailbox_folder(self) -> Path | None:
        """The folder of letters that developers may read at /mailbox."""
        return self.dwelzo_home / self.mailbox if self.mailbox else None

    @property
    def for_developers(self) -> bool:
        """Whether GraphiQL is there and errors make suggestions: both tell what the schema holds."""
        return self.graphiql and self.public_schema

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, given: dict[str, Any]) -> dict[str, Any]:
        """What one variable says for another: the direct address, and Redis by host and port."""
        derived = dict(given)
        if "database_url" in given:
            derived.setdefault("database_direct_url", given["database_url"])
        if "redis_host" in given:
            derived.setdefault(
                "redis_url", f"redis://{given['redis_host']}:{given.get('redis_port', 6379)}/0"
            )
        return derived


def load_settings(embedded: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment and `.env`; `embedded` holds those of the services we started.

    Raises ConfigurationError that names every variable that is missing or wrong.
    """
    ours = given()
    first: dict[str, Any] = {name.lower(): value for name, value in (embedded or {}).items()}
    for name in first.keys() & {"secret_key", "mail_from"}:
        if name.upper() in ours:
            first.pop(name)
    if embedded and "GRAPHIQL" not in ours:
        # A service of ours means a developer's machine.
        first.setdefault("graphiql", True)
    try:
        return Settings(**first)
    except ValidationError as error:
        raise ConfigurationError(_problems(error)) from None


def variables() -> list[str]:
    """The names of all variables, in the order of their fields."""
    return [name.upper() for name in Settings.model_fields]


def given() -> set[str]:
    """The variables that the environment or `.env` gives a value."""
    from_file = DotEnvSettingsSource(Settings).env_vars
    known = set(variables())
    return {name for name in known if os.environ.get(name) or from_file.get(name.lower())}


def state_folder() -> Path:
    """DWELZO_HOME, for those who need the embedded services before there can be settings."""
    given = os.environ.get("DWELZO_HOME") or DotEnvSettingsSource(Settings).env_vars.get("dwelzo_home")
    return Path(given).absolute() if given else ROOT / ".dwelzo"


def _problems(error: ValidationError) -> list[str]:
    """A sentence for each variable that can be mended: a derived value is reported where it comes from."""
    present = given()
    problems = []
    for detail in error.errors(include_url=False):
        name = str(detail["loc"][0]).upper()
        if name == "DATABASE_DIRECT_URL" and name not in present:
            continue
        if name == "REDIS_URL" and name not in present and "REDIS_HOST" in present:
            continue
        field = Settings.model_fields[name.lower()]
        cure = next(mark.text for mark in field.metadata if isinstance(mark, Cure))
        problems.append(f"{name} {_fault(detail, secret='SecretStr' in str(field.annotation))}; {cure}.")
    return problems


def _fault(detail: ErrorDetails, *, secret: bool) -> str:
    """What is wrong, with the value where it is no secret."""
    if detail["type"] == "missing":
        return "is not set"
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    return "is not valid" if secret else f"is {detail['input']!r}, which is not valid"
