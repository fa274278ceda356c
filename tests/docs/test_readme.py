"""README, CI, pins and pages say the same things, and none of them knows the machine they were written on."""

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

import ecosim
from ecosim.door.compose import compose

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "experiments").rglob("*.md"))]
COMMAND = re.compile(r"^(?:\s{4}|\|[^|`]*\| `)?(python -m ecosim \+[^`\n]*)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
MACHINE = re.compile(r"(?<![\w.:/-])/(?:home|Users|root|work|opt|tmp)/\w|[A-Z]:\\Users")
REGISTRY = re.compile(
    r"pypi\.org|pythonhoste[d]|index-ur[l]|conda\.anaconda|/simpl[e]/|mirrors?\.\w+\.(?:com|cn|edu|org)"
)
TEXTS = {".md", ".py", ".toml", ".txt", ".yaml", ".yml", ".cff", ".csv", ".html", ".ini", ".cfg", ".sh", ".json", ""}


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def two_commands() -> list[str]:
    """The lines of README's first two blocks."""
    return re.findall(r"^```bash\n(.+)\n```$", read(ROOT / "README.md"), re.MULTILINE)[:2]


def project_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout, so nobody knows which files are the project's")
    found = [ROOT / name for name in listed.stdout.splitlines()]
    return [path for path in found if path.is_file() and path.suffix in TEXTS]


def pins() -> dict[str, str]:
    lines = [line for line in read(ROOT / "constraints.txt").splitlines() if not line.startswith("#")]
    return {plain(name): version for name, version in (line.split("==") for line in lines)}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_readme_opens_with_two_commands() -> None:
    install_and_run, install_and_test = two_commands()
    assert install_and_run.startswith("pip install ")
    assert install_and_run.endswith("&& python -m ecosim +scenario=pinghu_2017")
    assert install_and_test.startswith("pip install ")
    assert "&& python -m pytest" in install_and_test


def test_ci_calls_what_readme_prints() -> None:
    script = read(ROOT / ".ci" / "run")
    for command in two_commands():
        for part in command.split(" && "):
            assert part in script, f"README prints {part!r}, .ci/run does not call it"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in LINK.findall(read(page)):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    ("page", "command"),
    [(page.relative_to(ROOT), command) for page in PAGES for command in COMMAND.findall(read(page))],
)
def test_every_printed_command_composes(page: Path, command: str) -> None:
    assert compose(shlex.split(command)[3:]).scenario


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {plain(found[0]) for found in (re.match(r"[\w.-]+", text) for text in wanted) if found}
    assert names - set(pins()) == set()


def test_versions_agree() -> None:
    version = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["version"]
    assert ecosim.__version__ == version
    assert f"\nversion: {version}\n" in read(ROOT / "CITATION.cff")
    assert re.findall(r"^## (\S+)", read(ROOT / "CHANGELOG.md"), re.MULTILINE)[0] == version


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = []
    for path in project_files():
        for number, line in enumerate(read(path).splitlines(), start=1):
            if MACHINE.search(line) or REGISTRY.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert not found


def test_pictures_stay_small() -> None:
    for picture in (ROOT / "docs" / "images").glob("*.png"):
        assert picture.stat().st_size < 400_000, picture.name
