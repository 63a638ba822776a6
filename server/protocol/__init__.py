"""HTTP/1.1 on a connection, within limits: what uvicorn runs in the place of a protocol of its own.

    bytes -> head -> body -> application -> answer

`parsing` says what a request is, `refusals` what is said of everything else, `connection` keeps the times and
sizes, `exchange` is one request and its answer as ASGI sees them. docs/decisions/protocol.md says why.
"""

from server.protocol.connection import Limits, Protocol, protocol_within

__all__ = ["Limits", "Protocol", "protocol_within"]
