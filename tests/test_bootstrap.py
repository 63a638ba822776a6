"""`dwelzo`, the shell script, and the environment it makes; on a small project with a lock of its own."""

import hashlib
import re
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from server.config import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-codegen.lock", "requirements-web.lock")


class Project:
    """A clone with the real bootstrap, a command line that only echoes, and packages of this folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.venv = folder / ".venv"
        (folder / "server" / "cli").mkdir(parents=True)
        shutil.copy(ROOT / "dwelzo", folder)
        shutil.copy(ROOT / "server" / "cli" / "environment.py", folder / "server" / "cli")
        (folder / "server" / "cli" / "__main__.py").write_text(
            "import sys\nsys.stdout.write(repr(sys.argv[1:]))\n"
        )
        (folder / "wheels").mkdir()
        self.lock({"pebble": "1.0"})

    def lock(self, packages: dict[str, str], name: str = "requirements.lock") -> None:
        """Make the packages, and a lock of them."""
        lines = []
        for package, version in packages.items():
            wheel = self.folder / "wheels" / f"{package}-{version}-py3-none-any.whl"
            if not wheel.exists():
                self._build(wheel, package, version)
            digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
            lines.append(f"{package}=={version} \\\n    --hash=sha256:{digest}\n")
        (self.folder / name).write_text("".join(lines))

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*arguments),
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=60,
        )

    def command(self, *arguments: str) -> list[str]:
        return ["sh", str(self.folder / "dwelzo"), *arguments]

    def environment(self, **environment: str) -> dict[str, str]:
        ours = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(self.folder)}
        pip = {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.folder / "wheels"),
            "PIP_CONFIG_FILE": "/dev/null",
        }
        return {**ours, **pip, "DWELZO_PYTHON": sys.executable, **environment}

    def installed(self) -> dict[str, str]:
        folders = self.venv.glob("lib/python*/site-packages/*.dist-info")
        return dict(folder.name.removesuffix(".dist-info").split("-") for folder in folders)

    @staticmethod
    def _build(wheel: Path, package: str, version: str) -> None:
        info = f"{package}-{version}.dist-info"
        files = {
            f"{package}.py": f"VERSION = {version!r}\n",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": f"{package}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n",
        }
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(name), content)  # Without the time, so that the hash stays.


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose environment was made by a first command."""
    project = Project(tmp_path_factory.mktemp("project"))
    outcome = project.run("greet", "with spaces", "--and=*")
    assert (outcome.returncode, outcome.stdout) == (0, "['greet', 'with spaces', '--and=*']")
    assert "making .venv with Python" in outcome.stderr
    assert "installing the packages of requirements.lock" in outcome.stderr
    return project


@pytest.fixture
def project(installed: Project, tmp_path: Path) -> Project:
    """A copy of it that a test may break."""
    copy = Project(tmp_path / "copy")
    subprocess.run(["cp", "-a", str(installed.venv), str(copy.venv)], check=True)
    return copy


def fake_python(folder: Path, name: str, version: str, *, lacks: Sequence[str] = ()) -> None:
    """A program that starts like a Python of this version, without some of its modules."""
    script = [f"#!{sys.executable}", "import sys", "code = sys.argv[-1]"]
    script += [f"sys.version_info = ({version.replace('.', ',')}, 0)"]
    script += [f"sys.exit(1) if {module!r} in code else None" for module in lacks]
    script += ["exec(code)"]
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(script))
    (folder / name).chmod(0o755)


def test_the_locked_packages_are_installed(installed: Project) -> None:
    assert installed.installed()["pebble"] == "1.0"


def test_a_warm_start_installs_nothing_and_adds_less_than_a_tenth_of_a_second(installed: Project) -> None:
    """Against the same command line without the script; the best of several, as a machine may be busy."""

    def seconds(command: list[str], environment: dict[str, str]) -> float:
        best = 9.0
        for _ in range(7):
            began = time.monotonic()
            subprocess.run(command, env=environment, check=True, capture_output=True)
            best = min(best, time.monotonic() - began)
        return best

    environment = installed.environment()
    del environment["DWELZO_PYTHON"]
    assert installed.run("greet").stderr == ""
    with_script = seconds(installed.command("greet"), environment)
    without = seconds(
        [f"{installed.venv}/bin/python", f"{installed.folder}/server/cli", "greet"], environment
    )
    assert with_script - without < 0.1


def test_a_changed_lock_is_installed_once(project: Project) -> None:
    project.lock({"pebble": "1.1", "gravel": "2.0"})
    assert "installing" in project.run().stderr
    assert project.installed() | {"pebble": "1.1", "gravel": "2.0"} == project.installed()
    assert project.run().stderr == ""


def test_only_what_developers_run_takes_the_developers_lock(project: Project) -> None:
    project.lock({"pebble": "1.0", "chisel": "3.0"}, "requirements-dev.lock")
    assert project.run("up").stderr == ""
    assert "chisel" not in project.installed()
    for command in ("test", "check", "generate"):
        assert project.run(command).returncode == 0
    assert project.installed()["chisel"] == "3.0"
    assert project.run("up").stderr == ""


def test_a_package_that_is_not_what_was_locked_is_refused(project: Project) -> None:
    project.lock({"pebble": "1.4"})
    lock = project.folder / "requirements.lock"
    lock.write_text(re.sub("sha256:....", "sha256:0000", lock.read_text()))
    outcome = project.run()
    assert outcome.returncode == 1
    assert "HASHES" in outcome.stderr
    assert outcome.stdout == ""


@pytest.mark.long
def test_after_an_interrupted_installation_the_environment_is_made_anew(project: Project) -> None:
    """What a killed run leaves: packages half there, and no stamp."""
    shutil.rmtree(project.venv / "installed")
    next(project.venv.glob("lib/python*/site-packages/pebble.py")).unlink()
    (project.venv / "half").touch()
    assert "making .venv" in project.run().stderr
    assert not (project.venv / "half").exists()
    assert next(project.venv.glob("lib/python*/site-packages/pebble.py")).exists()


def test_without_its_packages_index_it_says_so_and_recovers(project: Project) -> None:
    project.lock({"pebble": "1.2"})
    outcome = project.run(PIP_FIND_LINKS="/nowhere")
    assert outcome.returncode == 1
    assert "pip could not install the locked packages" in outcome.stderr
    assert "run the command again" in outcome.stderr
    assert project.run().returncode == 0
    assert project.installed()["pebble"] == "1.2"


def test_two_at_once_install_once_and_both_go_on(project: Project) -> None:
    project.lock({"pebble": "1.3"})
    runs = [
        subprocess.Popen(
            project.command(str(number)),
            env=project.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    ends = [run.communicate(timeout=60) for run in runs]
    assert [output for output, _ in ends] == ["['0']", "['1']", "['2']"]
    assert sum("installing" in said for _, said in ends) == 1


def test_a_folder_that_is_no_environment_is_left_alone(project: Project, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    outcome = project.run(DWELZO_VENV=str(precious))
    assert outcome.returncode == 1
    assert outcome.stderr.endswith(
        f"{precious} exists and is no virtual environment; name another folder in DWELZO_VENV.\n"
    )
    assert (precious / "thesis.txt").read_text() == "years of work"


def test_a_named_python_that_does_not_fit_is_refused_by_name(project: Project, tmp_path: Path) -> None:
    fake_python(tmp_path / "bin", "old", "3.10")
    for name in ("/nowhere/python", str(tmp_path / "bin" / "old")):
        outcome = project.run(DWELZO_PYTHON=name)
        assert outcome.returncode == 1
        assert f"no Python 3.11 or newer found; looked for: {name}." in outcome.stderr


def test_without_any_python_the_cure_is_named(project: Project, tmp_path: Path) -> None:
    for tool in ("dirname", "cmp"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    shutil.rmtree(project.venv)
    sh = str(shutil.which("sh"))
    environment = project.environment(PATH=str(tmp_path / "bin"), DWELZO_PYTHON="")
    outcome = subprocess.run([sh, *project.command()[1:]], env=environment, capture_output=True, text=True)
    assert outcome.returncode == 1
    assert "looked for: python3.13 python3.12 python3.11 python3." in outcome.stderr
    assert "apt-get install python3 python3-venv" in outcome.stderr


@pytest.mark.long
def test_a_python_without_venv_is_passed_over_and_else_its_package_is_named(
    project: Project, tmp_path: Path
) -> None:
    shutil.rmtree(project.venv)
    pythons = tmp_path / "bin"
    for name, version in (("python3.13", "3.13"), ("python3.12", "3.12"), ("python3.11", "3.11")):
        fake_python(pythons, name, version, lacks=["ensurepip"])
    fake_python(pythons, "python3", "3.9")
    environment = {"PATH": f"{pythons}:/usr/bin:/bin", "DWELZO_PYTHON": ""}
    outcome = project.run(**environment)
    assert outcome.returncode == 1
    assert "python3.13 cannot make an environment" in outcome.stderr
    assert "apt-get install python3.13-venv" in outcome.stderr

    (pythons / "python3.12").unlink()
    (pythons / "python3.12").symlink_to(sys.executable)
    assert project.run(**environment).returncode == 0


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_a_hash_for_everything_and_names_no_host(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)
    entries = re.split(r"\n(?=[a-z])", text.strip())
    assert all("--hash=sha256:" in entry for entry in entries)


def locked(name: str) -> dict[str, set[str]]:
    """Of each package the versions (several, where they differ by Python or system)."""
    found: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([a-z0-9.-]+)==([^ ]+)", (ROOT / name).read_text(), re.MULTILINE):
        found.setdefault(package, set()).add(version)
    return found


def test_the_developers_lock_contains_the_servers_exactly() -> None:
    server, developers = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {package: developers.get(package) for package in server} == server


def test_the_locks_are_those_of_pyproject() -> None:
    """A dependency that was added or moved without `./dwelzo lock` is found here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = {"requirements.lock": project["project"]["dependencies"]}
    groups |= {f"requirements-{group}.lock": wanted for group, wanted in project["dependency-groups"].items()}
    for lock, wanted in groups.items():
        versions = locked(lock)
        for requirement in map(Requirement, wanted):
            assert requirement.name in versions, f"{requirement} is not in {lock}; run ./dwelzo lock"
            assert all(requirement.specifier.contains(version) for version in versions[requirement.name]), (
                lock
            )
