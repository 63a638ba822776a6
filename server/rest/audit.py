"""The audit log, to read. What is in it is written by the database's triggers; no route writes it."""

from typing import Any
from uuid import UUID

import orjson
from starlette.responses import Response

from generated.sql.account import AuditEventsRow, audit_events
from server import ids
from server.database import Database
from server.rest.endpoint import Call
from server.rest.pages import page
from server.scalars import datetime_to_wire

# How the rows of these tables are called in ids; others by the name of their table.
PREFIXES = {"user_account": "user", "user_session": "session"}


class AuditLog:
    """The log of an installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, call: Call) -> Response:
        """GET /api/admin/audit-events"""
        asked = call.query
        async with self._database.session() as session:
            rows = await audit_events(
                session,
                actor_id=asked["actor"],
                subject_id=asked["subject"],
                action=asked["action"],
                since=asked["since"],
                until=asked["until"],
                after=asked["after"],
                first=asked["first"] + 1,
            )
        return page(rows, asked["first"], _event)


def _event(row: AuditEventsRow) -> dict[str, Any]:
    prefix = PREFIXES.get(row.subject_table, row.subject_table)
    return {
        "id": ids.encode("audit_event", row.id),
        "action": row.action,
        "actor": _id("user", row.actor_id),
        "actorName": row.actor_name,
        "serviceToken": _id("service_token", row.service_token_id),
        "subject": _id(prefix, row.subject_id),
        "subjectKind": prefix,
        "ipAddress": row.ip_address,
        "reason": row.reason,
        "before": _written(row.before),
        "after": _written(row.after),
        "originalEntryTimestamp": datetime_to_wire(row.original_entry_timestamp),
    }


def _id(prefix: str, key: UUID | None) -> str | None:
    return None if key is None else ids.encode(prefix, key)


def _written(json: str | None) -> orjson.Fragment | None:
    """What PostgreSQL wrote goes out as it is."""
    return None if json is None else orjson.Fragment(json)
