"""An SMTP server on loopback that answers as a test tells it to, and keeps what it is given."""

import asyncio
import email
import email.policy
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TAKEN = "250 2.0.0 Taken"


@dataclass
class Receiver:
    """What comes, and what is answered: the next of a list, then that all is well. Of the answers to DATA,
    "drop" ends the connection within the letter, and "hang" says nothing any more.
    """

    port: int = 0
    to_recipients: list[str] = field(default_factory=list)
    to_letters: list[str] = field(default_factory=list)
    # Every letter that came as a whole, taken or not, and the addresses of its envelope.
    came: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    taken: int = 0
    tls: list[bool] = field(default_factory=list)

    def url(self, scheme: str = "smtp", user: str = "", **options: str) -> str:
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"{scheme}://{user}127.0.0.1:{self.port}" + (f"?{query}" if query else "")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.to_recipients.pop(0) if self.to_recipients else "250 OK"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content
        self.came.append(email.message_from_bytes(content, policy=email.policy.default))
        self.recipients += envelope.rcpt_tos
        self.tls.append(session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None)
        answer = self.to_letters.pop(0) if self.to_letters else TAKEN
        self.taken += answer == TAKEN
        return answer


class _Scripted(SMTP):
    """What no handler can do."""

    async def smtp_DATA(self, argument: str) -> None:
        answers = self.event_handler.to_letters
        if answers and answers[0] in ("drop", "hang"):
            answer = answers.pop(0)
            await self.push("354 Go on")
            await self._reader.readline()
            if answer == "hang":
                await asyncio.sleep(60)
            self.transport.abort()
            return
        await super().smtp_DATA(argument)


@asynccontextmanager
async def receiving(
    *,
    starttls: ssl.SSLContext | None = None,
    implicit: ssl.SSLContext | None = None,
    password: str | None = None,
    international: bool = True,
) -> AsyncIterator[Receiver]:
    receiver = Receiver()

    def authenticate(*given: object) -> AuthResult:
        data = given[-1]
        assert isinstance(data, LoginPassword)
        # Not handled: the server itself is to answer.
        return AuthResult(success=data.password == (password or "").encode(), handled=False)

    def smtp() -> SMTP:
        return _Scripted(
            receiver,
            enable_SMTPUTF8=international,
            hostname="receiver.test",
            tls_context=starttls,
            authenticator=authenticate if password else None,
            auth_required=password is not None and implicit is None,
            auth_require_tls=implicit is None,
        )

    server = await asyncio.get_running_loop().create_server(smtp, "127.0.0.1", 0, ssl=implicit)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of 127.0.0.1 that only its own file vouches for, and a server's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, private = folder / "ca.pem", folder / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, private)
    return file, context
