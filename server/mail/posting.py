"""Hands letters over to the SMTP server, one connection each, and says what its refusals mean for the job."""

import asyncio
import re
import ssl
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from aiosmtplib import (
    SMTP,
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPTimeoutError,
)

from server.config import SmtpServer
from server.jobs.worker import GiveUp, TryAgain, Work
from server.mail.writing import Letter, Writer

QUIT_SECONDS = 2.0


class Post:
    """Does jobs of the kind "mail"."""

    def __init__(self, writer: Writer, server: SmtpServer, seconds: float) -> None:
        self._writer, self._server, self._seconds = writer, server, seconds

    async def deliver(self, job: Work) -> None:
        """Once the server has said that it has the letter, nothing after that makes the job fail."""
        letter = self._writer.write(job.payload, job.id, job.created)
        client = connection_to(self._server, self._seconds, letter.sender.rpartition("@")[2])
        try:
            async with asyncio.timeout(self._seconds):
                await client.connect()
                await self._send(client, letter)
        except (SMTPException, OSError) as error:
            raise _meaning(error) from error
        finally:
            await leave(client)

    async def _send(self, client: SMTP, letter: Letter) -> None:
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        if letter.international and not client.supports_extension("smtputf8"):
            raise GiveUp("The SMTP server takes no addresses beyond ASCII.")
        await client.sendmail(
            letter.sender,
            [letter.to],
            letter.content,
            mail_options=["SMTPUTF8", "BODY=8BITMIME"] if letter.international else [],
        )


def connection_to(server: SmtpServer, seconds: float, name: str | None = None) -> SMTP:
    """A client that is not connected yet; `name` is how it introduces itself."""
    return SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        local_hostname=name,
        timeout=seconds,
        use_tls=server.tls == "implicit",
        # Required where it is wanted: whoever can take the offer away must not be able to read on.
        start_tls=server.tls == "starttls",
        tls_context=None if server.tls == "none" else _believing(server.ca),
    )


@lru_cache(maxsize=4)
def _believing(ca: Path | None) -> ssl.SSLContext:
    """Certificates are verified, against the system's authorities where there is no file: slow to read."""
    return ssl.create_default_context(cafile=ca)


async def leave(client: SMTP) -> None:
    """Say goodbye, shortly; whatever comes of it."""
    if client.is_connected:
        with suppress(SMTPException, OSError, TimeoutError):
            await client.quit(timeout=QUIT_SECONDS)
    client.close()


def _meaning(error: Exception) -> TryAgain | GiveUp:
    """A refusal of the recipient or of the letter for good is final; what may be mended is tried again.

    A server's words may quote an address, so of an answer its numbers are kept alone.
    """
    if isinstance(error, SMTPRecipientsRefused) and error.recipients:
        error = error.recipients[0]
    if type(error) in (SMTPException, SMTPNotSupported):
        # The client's own words, about the server's extensions.
        return TryAgain(f"The SMTP server lacks what SMTP_URL asks for: {error}")
    if isinstance(error, SMTPResponseException):
        what = "the recipient" if isinstance(error, SMTPRecipientRefused) else "the letter"
        final = isinstance(error, SMTPRecipientRefused | SMTPDataError)
        if not final:
            what = "us"
        sentence = f"The SMTP server refused {what} ({_numbers(error)})."
        return GiveUp(sentence) if final and error.code >= 500 else TryAgain(sentence)
    if isinstance(error, SMTPTimeoutError | TimeoutError):
        return TryAgain("The SMTP server did not answer in time.")
    if isinstance(error, SMTPConnectError | ssl.SSLError):
        return TryAgain(f"The SMTP server cannot be reached: {error}.")
    return TryAgain(f"The SMTP server broke off ({type(error).__name__}).")


def _numbers(answer: SMTPResponseException) -> str:
    enhanced = re.match(r"[245]\.\d{1,3}\.\d{1,3}\b", answer.message)
    return f"{answer.code} {enhanced[0]}" if enhanced else str(answer.code)
