"""The closed set of errors, their codes and their HTTP statuses. docs/errors.md is the same list for clients.

    ApiError
      BadUserInput      BAD_USER_INPUT       400  a value the client sent cannot be used
        CostExceeded    COST_LIMIT           400  the operation asks for more than one request may
        PersistedQueryNotFound
                        PERSISTED_QUERY_NOT_FOUND
                                             400  no document is known by this hash: send its text
        DocumentTooLarge
                        DOCUMENT_LIMIT       400  the document is larger than one may be
      Unauthenticated   UNAUTHENTICATED      401  no token, or one that does not verify
      Forbidden         FORBIDDEN            403  the viewer's role does not reach
        UntrustedDocument
                        UNTRUSTED_DOCUMENT   403  only documents of the manifest are answered
      NotFound          NOT_FOUND            404  nothing there that this viewer may see
      MethodNotAllowed  METHOD_NOT_ALLOWED   405  an HTTP method the resource does not take
      NotAcceptable     NOT_ACCEPTABLE       406  no media type that the client accepts
      Conflict          CONFLICT             409  the current state of a row forbids it
      BodyTooLarge      BODY_LIMIT           413  the body is larger than one may be
      UnsupportedMedia  UNSUPPORTED_MEDIA    415  a content type the endpoint does not read
      RateLimited       RATE_LIMITED         429  more requests or points than one client may use
      Unavailable       UNAVAILABLE          503  a dependency is away; try again
        Overloaded      UNAVAILABLE          503  as many requests are worked on as can be; try again
      TimedOut          TIMEOUT              504  the request took longer than it may
    anything else       INTERNAL             500  masked; the reference id is in the log

Two more codes are not raised here but by GraphQL itself: `GRAPHQL_PARSE_FAILED` and
`GRAPHQL_VALIDATION_FAILED` (both 400). A message is a sentence that names the value and the cure.
"""

import logging
import secrets
from collections.abc import Sequence
from typing import Any, ClassVar

from graphql import GraphQLError

log = logging.getLogger("dwelzo.errors")


# What an answer tells at most: who made a hundred mistakes finds the others after mending these.
MOST_ERRORS = 5
# graphql-core's messages quote what they refuse, however long it is.
LONGEST_MESSAGE = 500


class ApiError(Exception):
    """An error that a client may see. `extensions` are added to those of the answer."""

    code: ClassVar[str]
    status: ClassVar[int]

    def __init__(self, message: str, **extensions: Any) -> None:
        super().__init__(message)
        self.message = message
        self.extensions = extensions


class BadUserInput(ApiError):
    code, status = "BAD_USER_INPUT", 400


class CostExceeded(BadUserInput):
    code = "COST_LIMIT"


class DocumentTooLarge(BadUserInput):
    code = "DOCUMENT_LIMIT"


class PersistedQueryNotFound(BadUserInput):
    code = "PERSISTED_QUERY_NOT_FOUND"


class Unauthenticated(ApiError):
    code, status = "UNAUTHENTICATED", 401


class Forbidden(ApiError):
    code, status = "FORBIDDEN", 403


class UntrustedDocument(Forbidden):
    code = "UNTRUSTED_DOCUMENT"


class NotFound(ApiError):
    """`raise NotFound("Property", wire_id)`"""

    code, status = "NOT_FOUND", 404

    def __init__(self, what: str, wire: str) -> None:
        super().__init__(f"There is no {what} {quoted(wire)} that you may see.")


class MethodNotAllowed(ApiError):
    code, status = "METHOD_NOT_ALLOWED", 405


class NotAcceptable(ApiError):
    code, status = "NOT_ACCEPTABLE", 406


class Conflict(ApiError):
    code, status = "CONFLICT", 409


class BodyTooLarge(ApiError):
    code, status = "BODY_LIMIT", 413


class UnsupportedMedia(ApiError):
    code, status = "UNSUPPORTED_MEDIA", 415


class RateLimited(ApiError):
    code, status = "RATE_LIMITED", 429


class Unavailable(ApiError):
    code, status = "UNAVAILABLE", 503


class Overloaded(Unavailable):
    """Nothing of the request was done: it takes nothing of what its client may use."""


class TimedOut(ApiError):
    code, status = "TIMEOUT", 504


def status_of(error: GraphQLError) -> int:
    """The HTTP status of an answer that holds nothing but this error."""
    cause = error.original_error
    if isinstance(cause, ApiError):
        return cause.status
    return 400 if cause is None or isinstance(cause, GraphQLError) else 500


def all_to_wire(errors: Sequence[Exception]) -> list[dict[str, Any]]:
    """The `errors` of an answer: the first few, by their places where there are more."""
    if len(errors) > MOST_ERRORS:
        errors = sorted(errors, key=lambda error: str(getattr(error, "path", None)))[:MOST_ERRORS]
    return [to_wire(error) for error in errors]


def to_wire(error: Exception) -> dict[str, Any]:
    """One entry of an answer's `errors`, for anything that was raised.

    An `ApiError` and GraphQL's own errors keep their message; everything else becomes INTERNAL with a
    reference id under which the log has the whole story.
    """
    located = error if isinstance(error, GraphQLError) else None
    cause = located.original_error if located else error
    if isinstance(cause, ApiError):
        answer = _entry(cause.message, cause.code, cause.extensions)
    elif located is not None and (cause is None or isinstance(cause, GraphQLError)):
        # graphql-core's own: a syntax or validation error, or a variable that does not fit its type.
        answer = _entry(
            _shortened(located.message), (located.extensions or {}).get("code", "BAD_USER_INPUT"), {}
        )
    else:
        reference = secrets.token_hex(8)
        log.error("INTERNAL %s", reference, exc_info=cause)
        answer = _entry(
            f"Something went wrong on our side. Quote the reference {reference} when you report it.",
            "INTERNAL",
            {"reference": reference},
        )
    if located is not None:
        if located.locations:
            answer["locations"] = [{"line": at.line, "column": at.column} for at in located.locations]
        if located.path:
            answer["path"] = located.path
    return answer


def quoted(value: str, longest: int = 60) -> str:
    """A client's value as an error message may show it: shortened, control characters made visible."""
    return ascii(value if len(value) <= longest else value[:longest] + "...")


def _shortened(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]} ..."


def _entry(message: str, code: str, extensions: dict[str, Any]) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code, **extensions}}
