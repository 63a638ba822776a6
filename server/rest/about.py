"""What a deployment says of itself: its limits, its version, its contract."""

import tomllib

import limits
from starlette.responses import Response

from server.config import ROOT, Settings
from server.errors import NotFound
from server.names import to_camel
from server.published import Published
from server.rest.endpoint import Call, Handler, Json

# By the names of their settings. What an operator needs to know of a process is no client's business.
LIMITS = {
    "request": ("body_bytes_max", "batch_max", "page_size_max", "cost_limit", "request_seconds_max"),
    "document": (
        "document_characters_max",
        "document_tokens_max",
        "document_fields_max",
        "document_depth_max",
        "document_aliases_max",
        "document_directives_max",
        "document_definitions_max",
    ),
    "connection": (
        "head_bytes_max",
        "head_seconds_max",
        "body_seconds_max",
        "write_seconds_max",
        "idle_seconds_max",
    ),
}
RATES = ("rate_requests_anonymous", "rate_requests", "rate_points_anonymous", "rate_points")


def about_limits(settings: Settings) -> Handler:
    """GET /api/limits"""
    answer: dict[str, object] = {
        group: {to_camel(name): getattr(settings, name) for name in names} for group, names in LIMITS.items()
    }
    answer["rates"] = (
        {to_camel(name): _rate(getattr(settings, name)) for name in RATES} if settings.rate_limits else None
    )

    async def limits_(call: Call) -> Response:
        return Json(answer)

    return limits_


def about_version(schema: Published, document: Published) -> Handler:
    """GET /api/version"""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    answer = {"version": project["version"], "contracts": {"graphql": schema.hash, "rest": document.hash}}

    async def version(call: Call) -> Response:
        return Json(answer)

    return version


def about_document(document: Published, *, public: bool) -> Handler:
    """GET /api/openapi.json"""

    async def document_(call: Call) -> Response:
        if not public:
            raise NotFound("resource", call.request.url.path)
        return document.answer(call.request)

    return document_


def _rate(text: str) -> dict[str, int]:
    rate = limits.parse(text)
    return {"amount": rate.amount, "seconds": rate.get_expiry()}
