"""The queue as a request sees it, through its own session: put something in, look, try again, throw away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import orjson

from server.database import Session
from server.sql import Row, named_texts

State = Literal["queued", "running", "failed"]

TEXTS = named_texts(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True)
class Job:
    """A job that is not done, without its payload, which names people.

    `due` is when its next try may begin. `attempts` counts tries that have begun, since an admin last asked
    for more. `last_error` is a sentence without personal data, or None where no try has failed.
    """

    id: int
    kind: str
    state: State
    created: datetime
    due: datetime
    attempts: int
    last_error: str | None


async def enqueue(session: Session, kind: str, payload: Mapping[str, Any]) -> int:
    """A job of this kind, in the transaction that the session is in; its id.

    The payload is JSON and stays in the database until the job is done: no secrets.
    """
    (row,) = await session.fetch(TEXTS["enqueue"], (kind, orjson.dumps(payload)), Row)
    return int(row["id"])


async def list_jobs(
    session: Session, *, state: State | None = None, kind: str | None = None, first: int = 50, after: int = 0
) -> list[Job]:
    """Jobs that are not done, from the oldest on; `after` is the id of the last that one has seen."""
    return await _jobs(session, state, kind, None, after, first)


async def find_job(session: Session, id: int) -> Job | None:
    """The job, or None where there is none, perhaps because it is done."""
    found = await _jobs(session, None, None, id, 0, 1)
    return found[0] if found else None


async def retry_job(session: Session, id: int) -> bool:
    """Try a failed or waiting job at once, as often as at first; false where there is none or it runs."""
    return bool(await session.fetch(TEXTS["retry"], (id,), Row))


async def discard_job(session: Session, id: int) -> bool:
    """Throw a failed or waiting job away; false where there is none or it runs."""
    return bool(await session.fetch(TEXTS["discard"], (id,), Row))


async def _jobs(
    session: Session, state: State | None, kind: str | None, id: int | None, after: int, first: int
) -> list[Job]:
    status = "picked" if state == "running" else state
    rows = await session.fetch(TEXTS["jobs"], (status, kind, id, after, first), Row)
    return [Job(*row) for row in rows]  # type: ignore[misc]
