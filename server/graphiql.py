"""GraphiQL at /graphql for browsers: the page, and its assets under /graphiql/assets/.

What is served was built before, by `server/graphiql_build.py`; until then the page says how that stands.
Which requests to /graphql get the page is decided by the endpoint.
"""

import html
import re
from pathlib import Path
from string import Template

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from server.graphiql_build import COMMAND, Build

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "worker-src": "'self'",
    "connect-src": "'self'",
    # The editor draws its colours and widgets with style elements and attributes that it writes itself.
    "style-src": "'self' 'unsafe-inline'",
    # Its style sheet holds a few icons as data.
    "img-src": "'self' data:",
    "font-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
STATE_POLICY = {
    "default-src": "'none'",
    "style-src": "'unsafe-inline'",
    "img-src": "data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}


NAME = re.compile(r"[\w.-]+")
GZIP_ACCEPTED = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")


class GraphiQL:
    """The page of the project at `root`, out of the state folder `home`.

    Answer a browser's GET of the endpoint with `page(request)`, and mount `routes`, which are absolute paths.
    """

    def __init__(self, root: Path, home: Path) -> None:
        self._build = Build(root, home)
        self._state_page = Template((root / "web" / "state.html").read_text())
        self.routes: list[BaseRoute] = [Route("/graphiql/assets/{name}", self.asset)]

    async def page(self, request: Request) -> Response:
        """200 and the page, or 503 and a page that says why it is not there and looks again by itself."""
        headers = SECURITY | {"Vary": "Accept"}
        if self._build.ready:
            headers |= {"Cache-Control": "no-cache", "Content-Security-Policy": _directives(POLICY)}
            return FileResponse(self._build.folder / "index.html", media_type="text/html", headers=headers)
        headers |= {"Cache-Control": "no-store", "Content-Security-Policy": _directives(STATE_POLICY)}
        headers |= {"Retry-After": "2"}
        return HTMLResponse(self._state(), 503, headers)

    async def asset(self, request: Request) -> Response:
        """A file of the build. Its name holds a hash of its content, so a browser may keep it for good."""
        name = request.path_params["name"]
        file = self._build.folder / "assets" / name
        if not NAME.fullmatch(name) or file.suffix not in TYPES or not file.is_file():
            raise HTTPException(404)
        headers = SECURITY | {"Cache-Control": "public, max-age=31536000, immutable"}
        packed = file.with_name(f"{name}.gz")
        if packed.is_file():
            headers["Vary"] = "Accept-Encoding"
            if GZIP_ACCEPTED.search(request.headers.get("accept-encoding", "")):
                headers["Content-Encoding"] = "gzip"
                file = packed
        return FileResponse(file, media_type=TYPES[Path(name).suffix], headers=headers)

    def _state(self) -> str:
        progress, failure = self._build.progress, self._build.failure
        if progress is not None:
            title, text, output = "GraphiQL is being built", f"{progress} …", ""
        elif failure is not None:
            title = "GraphiQL could not be built"
            text, _, output = failure.partition("\n\n")
        else:
            title, output = "GraphiQL is not built yet", ""
            text = f"./dwelzo up builds it; `{COMMAND}` does so beside a running server."
        return self._state_page.substitute(
            title=html.escape(title),
            text=re.sub(r"`(.+?)`", r"<code>\1</code>", html.escape(text)),
            output=f"<pre>{html.escape(output)}</pre>" if output else "",
        )


def _directives(policy: dict[str, str]) -> str:
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())
