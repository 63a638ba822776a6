"""The pages for browsers: GraphiQL at /graphql, the viewer of the REST document at /docs, and their assets.

What is served was built before, by `server/web_build.py`; until then a page says how that stands. Which
requests to /graphql get the page is decided by the endpoint.
"""

import html
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from string import Template

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from server.edge.compression import takes_gzip
from server.edge.security import NOTHING, policy
from server.web_build import COMMAND, Build

_PAGE = NOTHING | {
    "script-src": "'self'",
    "connect-src": "'self'",
    "style-src": "'self'",
    # Their style sheets hold a few icons as data.
    "img-src": "'self' data:",
    "font-src": "'self'",
}
POLICIES = {
    # The editor draws its colours and widgets with style elements and attributes that it writes itself.
    "graphiql": _PAGE | {"worker-src": "'self'", "style-src": "'self' 'unsafe-inline'"},
    "docs": _PAGE,
}
STATE_POLICY = NOTHING | {"style-src": "'unsafe-inline'", "img-src": "data:"}
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
NAME = re.compile(r"[\w.-]+")


class Web:
    """The pages of the project at `root`, out of the state folder `home`.

    Answer a browser's GET of the endpoint with `graphiql(request)`, and mount `routes`: absolute paths.
    """

    def __init__(self, root: Path, home: Path) -> None:
        self._build = Build(root, home)
        self._state_page = Template((root / "web" / "state.html").read_text())
        self.graphiql = self._page("graphiql", Vary="Accept")
        self.routes: list[BaseRoute] = [
            Route("/docs", self._page("docs")),
            Route("/assets/{name}", self.asset),
        ]

    def _page(self, name: str, **given: str) -> Callable[[Request], Awaitable[Response]]:
        async def page(request: Request) -> Response:
            """200 and the page, or 503 and a page that says why it is not there and looks again by itself."""
            if self._build.ready:
                headers = {"Cache-Control": "no-cache", "Content-Security-Policy": policy(POLICIES[name])}
                file = self._build.folder / f"{name}.html"
                return FileResponse(file, media_type="text/html", headers=headers | given)
            headers = {"Cache-Control": "no-store", "Content-Security-Policy": policy(STATE_POLICY)}
            return HTMLResponse(self._state(), 503, headers | given | {"Retry-After": "2"})

        return page

    async def asset(self, request: Request) -> Response:
        """A file of the build. Its name holds a hash of its content, so a browser may keep it for good."""
        name = request.path_params["name"]
        file = self._build.folder / "assets" / name
        if not NAME.fullmatch(name) or file.suffix not in TYPES or not file.is_file():
            raise HTTPException(404)
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        packed = file.with_name(f"{name}.gz")
        if packed.is_file():
            headers["Vary"] = "Accept-Encoding"
            if takes_gzip(", ".join(request.headers.getlist("accept-encoding"))):
                headers["Content-Encoding"] = "gzip"
                file = packed
        return FileResponse(file, media_type=TYPES[Path(name).suffix], headers=headers)

    def _state(self) -> str:
        progress, failure = self._build.progress, self._build.failure
        if progress is not None:
            title, text, output = "This page is being built", f"{progress} …", ""
        elif failure is not None:
            title = "This page could not be built"
            text, _, output = failure.partition("\n\n")
        else:
            title, output = "This page is not built yet", ""
            text = f"./dwelzo up builds it; `{COMMAND}` does so beside a running server."
        return self._state_page.substitute(
            title=html.escape(title),
            text=re.sub(r"`(.+?)`", r"<code>\1</code>", html.escape(text)),
            output=f"<pre>{html.escape(output)}</pre>" if output else "",
        )
