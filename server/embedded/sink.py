"""The embedded SMTP server: takes every letter and keeps it as a file, as many as there is room for.

Run by its path, alone: `python -I sink.py FOLDER PORT`. So it imports nothing of ours.
"""

import asyncio
import os
import secrets
import sys
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

LETTERS_KEPT = 200
LETTER_BYTES = 1_000_000


class Keeping:
    """What the server does with a letter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        del server, session
        content = envelope.original_content or b""
        # In the order of the names they came; whole or not at all.
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        partial = self._folder / f"{name}.partial"
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: ASYNC230
            file.write(content)
        partial.rename(partial.with_suffix(".eml"))
        for old in sorted(self._folder.glob("*.eml"))[:-LETTERS_KEPT]:
            old.unlink(missing_ok=True)
        return "250 2.0.0 Kept"


async def keep(folder: Path, port: int) -> None:
    """Serve until the process is ended."""
    keeping = Keeping(folder)

    def smtp() -> SMTP:
        return SMTP(keeping, data_size_limit=LETTER_BYTES, enable_SMTPUTF8=True, ident="Dwelzo mailbox")

    server = await asyncio.get_running_loop().create_server(smtp, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(keep(Path(sys.argv[1]), int(sys.argv[2])))
