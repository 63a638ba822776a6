"""/admin, the page for admins: files of `page/`, sent as they stand, without a build. There is nothing of
anybody in them: what the page shows it asks of the API, with the token of who signs in there.

    page/index.html   the frame: landmarks, the form to sign in, the list of sections
    page/admin.css    light and dark
    page/session.js   signing in and staying in
    page/api.js       asking REST, with the token
    page/elements.js  elements of the page; what is data becomes text, never HTML
    page/main.js      which section is shown
    page/<name>.js    a section each: `title`, and `show(room)`, which fills an element
"""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from server.edge.security import NOTHING, policy
from server.published import Published

PAGE = Path(__file__).parent / "page"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
# No style and no script but those files, and nobody to talk to but this server. Forms are sent by the script
# alone: a password never stands in an address.
POLICY = policy(
    NOTHING
    | {
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "data:",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
)


def admin_routes() -> list[BaseRoute]:
    """The page at /admin and its files below."""
    files = {
        file.name: Published(file.read_bytes(), TYPES[file.suffix])
        for file in sorted(PAGE.iterdir())
        if file.suffix in TYPES
    }

    async def page(request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        if name not in files:
            raise HTTPException(404)
        response = files[name].answer(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return [Route("/admin", page, methods=["GET"]), Route("/admin/{name}", page, methods=["GET"])]
