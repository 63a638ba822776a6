"""`./dwelzo doctor`: tries each dependency as the server would, and says what is wrong and what to do.

Each check connects, writes, reads and cleans up after itself. What counts as a good setting is decided in
`config`.
"""

import asyncio
import secrets
import shutil
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import asyncpg
import redis.asyncio
import redis.exceptions

from server.cli.failures import Refusal, unreachable
from server.config import Settings, SmtpServer
from server.migrations import MigrationError, pending
from server.storage import StorageError, open_storage

SECONDS = 10.0
POSTGRESQL_VERSIONS = range(15, 19)
FREE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """What a check found: a fact where it is well, else a sentence with its cure."""

    what: str
    well: bool
    sentence: str


async def examine(settings: Settings) -> list[Finding]:
    """Every check, side by side: one that hangs delays no other."""
    checks: list[tuple[str, Callable[[Settings], Awaitable[str]]]] = [
        ("Python", _python),
        ("disk", _disk),
        ("PostgreSQL", _postgresql),
        ("migrations", _migrations),
        ("Valkey or Redis", _redis),
        ("S3", _s3),
        ("mail", _mail),
    ]
    return list(await asyncio.gather(*(_find(what, check, settings) for what, check in checks)))


async def _find(what: str, check: Callable[[Settings], Awaitable[str]], settings: Settings) -> Finding:
    try:
        async with asyncio.timeout(SECONDS):
            return Finding(what, True, await check(settings))
    except (Refusal, MigrationError) as refusal:
        return Finding(what, False, str(refusal))
    except TimeoutError:
        return Finding(
            what, False, f"No answer in {SECONDS:.0f} seconds; look at the network and the address."
        )


async def _python(settings: Settings) -> str:
    del settings
    return f"{sys.version.split()[0]} at {sys.prefix}"


async def _disk(settings: Settings) -> str:
    home = settings.dwelzo_home
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < FREE_BYTES:
        raise Refusal(
            f"{free / 1e6:,.0f} MB are free at {place}; make room for at least {FREE_BYTES / 1e6:,.0f} MB."
        )
    return f"{free / 1e9:,.0f} GB free at {place}"


async def _postgresql(settings: Settings) -> str:
    version = ""
    for variable, secret in (
        ("DATABASE_URL", settings.database_url),
        ("DATABASE_DIRECT_URL", settings.database_direct_url),
    ):
        url = secret.get_secret_value()
        try:
            # A pooler between us and the server knows nothing of prepared statements.
            connection = await asyncpg.connect(url, timeout=SECONDS, statement_cache_size=0)
        except (OSError, asyncpg.PostgresError) as error:
            raise unreachable(variable, url, error) from error
        try:
            version = await _write_and_read(connection, variable)
        finally:
            await connection.close()
    return f"version {version}; wrote, read and cleaned up"


async def _write_and_read(connection: asyncpg.Connection, variable: str) -> str:
    """A table made, filled, read and dropped, in one transaction that is never committed."""
    version = connection.get_server_version()
    if version.major not in POSTGRESQL_VERSIONS:
        raise Refusal(
            f"{variable}: PostgreSQL {version.major} is there; use one of "
            f"{POSTGRESQL_VERSIONS[0]} to {POSTGRESQL_VERSIONS[-1]}."
        )
    table, word = f"doctor_{secrets.token_hex(8)}", secrets.token_hex(8)
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"create table {table} (word text)")
        await connection.execute(f"insert into {table} values ('{word}')")  # noqa: S608 (hex digits only)
        found = await connection.fetchval(f"select word from {table}")  # noqa: S608
    except asyncpg.PostgresError as error:
        raise Refusal(
            f"{variable}: the user may not make a table ({error}); "
            "grant it create on the schema public, or name another user."
        ) from error
    finally:
        await transaction.rollback()
    if found != word:
        raise Refusal(f"{variable}: what was written was not read back; look at what stands between.")
    return str(await connection.fetchval("show server_version"))


async def _migrations(settings: Settings) -> str:
    url = settings.database_direct_url.get_secret_value()
    try:
        waiting = await pending(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise unreachable("DATABASE_DIRECT_URL", url, error) from error
    if waiting:
        raise Refusal(f"{len(waiting)} not applied, from {waiting[0].name} on; run ./dwelzo migrate.")
    return "all applied"


async def _redis(settings: Settings) -> str:
    url = settings.redis_url.get_secret_value()
    parts = urlsplit(url)
    place = f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else parts.path
    key, word = f"doctor:{secrets.token_hex(8)}", secrets.token_hex(8)
    client = redis.asyncio.from_url(url, socket_connect_timeout=SECONDS, decode_responses=True)
    try:
        await client.set(key, word, ex=60)
        found = await client.get(key)
        await client.delete(key)
        server = await client.info("server")
    except redis.exceptions.AuthenticationError as error:
        raise Refusal(
            f"REDIS_URL: {place} refuses the password ({error}); correct it in REDIS_URL."
        ) from error
    except redis.exceptions.ConnectionError as error:
        raise Refusal(
            f"REDIS_URL: nothing usable answers at {place} ({error}); start Redis or Valkey there "
            "or correct REDIS_URL."
        ) from error
    except redis.exceptions.RedisError as error:
        raise Refusal(
            f"REDIS_URL: {place} refuses to write or read ({error}); look at its user's rights."
        ) from error
    finally:
        await client.aclose()
    if found != word:
        raise Refusal("REDIS_URL: what was written was not read back; look at what stands between.")
    name = "Valkey" if "valkey_version" in server else "Redis"
    version = server.get("valkey_version") or server.get("redis_version")
    return f"{name} {version}; wrote, read and cleaned up"


async def _s3(settings: Settings) -> str:
    place = settings.s3_endpoint_url or f"AWS ({settings.aws_region})"
    key, word = f"doctor/{secrets.token_hex(8)}", secrets.token_bytes(8)
    try:
        async with open_storage(settings) as storage:
            if not await storage.has_bucket():
                raise Refusal(
                    f"S3: {place} has no bucket {settings.s3_bucket_name}; ./dwelzo up makes it, "
                    "or correct S3_BUCKET_NAME."
                )
            await storage.put(key, word)
            found = await storage.get(key)
            await storage.delete(key)
    except StorageError as error:
        raise Refusal(
            f"S3: {place} refuses or does not answer ({error}); correct S3_ENDPOINT_URL, S3_BUCKET_NAME, "
            "AWS_REGION or the AWS keys, or the rights that belong to them."
        ) from error
    if found != word:
        raise Refusal(f"S3: what was written to {place} was not read back; look at what stands between.")
    return f"bucket {settings.s3_bucket_name} at {place}; wrote, read and cleaned up"


async def _mail(settings: Settings) -> str:
    """Everything up to a letter: connection, TLS, name and password."""
    from aiosmtplib import SMTPAuthenticationError, SMTPException, SMTPNotSupported

    from server.mail.posting import connection_to, leave

    if (server := settings.smtp) is None:
        return "no SMTP_URL is given; letters wait until there is one"
    place = f"SMTP_URL: {server.host}:{server.port}"
    try:
        client = connection_to(server, SECONDS)
    except OSError as error:
        raise Refusal(f"SMTP_URL: {server.ca} is no file of authorities ({error}); correct `ca`.") from error
    try:
        await client.connect()
        await client.ehlo()
        await client.noop()
    except SMTPAuthenticationError as error:
        raise Refusal(f"{place} refuses the user {server.user} ({error.code}); correct it.") from error
    except SMTPNotSupported as error:
        raise Refusal(f"{place} lacks what is asked for ({error}); {_cure(server)}.") from error
    except (SMTPException, OSError) as error:
        raise Refusal(f"{place} does not answer as it should ({error}); {_cure(server)}.") from error
    finally:
        await leave(client)
    return f"{server.host}:{server.port}; connected{' with a password' if server.user else ''}, sent nothing"


def _cure(server: SmtpServer) -> str:
    """What an address may have wrong, seen from how it is used."""
    other = {
        "implicit": "smtp:// for STARTTLS",
        "starttls": "smtps:// for TLS from the first byte",
        "none": "no ?tls=none",
    }
    return f"look at host, port and certificate, or try {other[server.tls]}"
