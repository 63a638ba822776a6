"""Jobs that wait, run or have failed for good: an admin looks, has one tried again, or throws it away."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response

from generated.sql.account import audit_job
from server.database import Database, Session
from server.errors import Conflict, NotFound
from server.jobs import Job, discard_job, find_job, list_jobs, retry_job
from server.rest.endpoint import Call, Handler, Json
from server.rest.pages import page
from server.scalars import datetime_to_wire


class Jobs:
    """The queue of an installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def handlers(self) -> dict[str, Handler]:
        """By the operations of the document."""
        return {"jobs": self.find, "job": self.one, "retryJob": self.retry, "discardJob": self.discard}

    async def find(self, call: Call) -> Response:
        """GET /api/admin/jobs"""
        asked = call.query
        async with self._database.session() as session:
            jobs = await list_jobs(
                session,
                state=asked["state"],
                kind=asked["kind"],
                first=asked["first"] + 1,
                after=asked["after"],
            )
        return page(jobs, asked["first"], _job)

    async def one(self, call: Call) -> Response:
        """GET /api/admin/jobs/{id}"""
        async with self._database.session() as session:
            return Json(_job(await _found(session, call.path["id"])))

    async def retry(self, call: Call) -> Response:
        """POST /api/admin/jobs/{id}/retry"""
        await self._do(call, retry_job, "job.retry")
        return Response(status_code=204)

    async def discard(self, call: Call) -> Response:
        """DELETE /api/admin/jobs/{id}"""
        await self._do(call, discard_job, "job.discard")
        return Response(status_code=204)

    async def _do(self, call: Call, do: Callable[[Session, int], Awaitable[bool]], action: str) -> None:
        async with self._database.session() as session, session.transaction(call.actor.id, call.address):
            job = await _found(session, call.path["id"])
            if not await do(session, job.id):
                raise Conflict(f"The job {job.id} runs: wait until it is done or has failed.")
            await audit_job(
                session, action=action, id=job.id, kind=job.kind, state=job.state, attempts=job.attempts
            )


async def _found(session: Session, id: int) -> Job:
    job = await find_job(session, id)
    if job is None:
        raise NotFound("job", str(id))
    return job


def _job(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "created": datetime_to_wire(job.created),
        "due": datetime_to_wire(job.due),
        "attempts": job.attempts,
        "lastError": job.last_error,
    }
