"""What holds for the whole repository: its pages, its records, its dependencies and its paths."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cuefocus.cli.root import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = ROOT / "docs" / "decisions"

#: A folder that only one machine has: home directories and working copies.
MACHINE_PATH = re.compile(rb"(?<![\w.>/-])/(?:home|Users|work|root)/\w")
PICTURES = {".png", ".jpg"}

#: Declared for what files already name, imported by no module yet; each says where it will be.
NOT_IMPORTED_YET = {
    "python-osc": "docs/decisions/0003-python-osc-parses-and-builds.md",
    "ruamel-yaml": "docs/decisions/0004-yaml-as-text-with-places.md",
    "structlog": "logs of the desk, with the page",
    "websockets": "uvicorn speaks websockets by it, if it is there",
}
IMPORT_NAMES = {"pyserial": "serial", "pyyaml": "yaml"}

LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
INDENTED = re.compile(r"^ {4}(?P<line>\S.*)$", re.MULTILINE)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_no_file_knows_a_path_of_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0].decode()}"
        for path in tracked()
        if path.suffix not in PICTURES and path != Path(__file__)
        for match in [MACHINE_PATH.search(path.read_bytes())]
        if match is not None
    ]
    assert found == []


# --- pages ---


def without_code(page: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", page, flags=re.DOTALL)


def anchors(page: str) -> set[str]:
    """Anchors as GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for match in LINK.finditer(without_code(page.read_text(encoding="utf-8"))):
        target, _, anchor = match["target"].partition("#")
        if target.startswith(("http://", "https://")):
            continue
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), f"{match['target']} leads nowhere"
        if anchor:
            assert anchor in anchors(found.read_text(encoding="utf-8")), f"no heading for {match['target']}"


def test_the_readme_leads_to_every_page() -> None:
    linked = {m["target"].partition("#")[0] for page in PAGES for m in LINK.finditer(page.read_text(encoding="utf-8"))}
    names = {Path(target).name for target in linked}
    assert [page.name for page in PAGES if page.name not in names and page.name != "README.md"] == []


def test_reference_pages_say_what_the_code_says() -> None:
    made = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "make_reference.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, f"run `make docs`\n{made.stdout}{made.stderr}"


# --- commands ---


def commands_of(page: Path) -> Iterator[list[str]]:
    """Lines of a page that call cuefocus, without comments; a trailing backslash joins the next line."""
    text = page.read_text(encoding="utf-8")
    lines = [match["line"] for match in INDENTED.finditer(text.replace("\\\n", " "))]
    lines += re.findall(r"`(cuefocus [a-z][^`]*)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for line in lines:
        if line.startswith("cuefocus ") and "…" not in line:
            yield shlex.split(line, comments=True)[1:]


def command_for(words: list[str]) -> tuple[Any, list[str]]:
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        assert words, "a verb is missing"
        assert words[0] in command.commands, f"no verb {words[0]!r}"
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize(
    ("page", "words"),
    [(page, words) for page in PAGES for words in commands_of(page)],
    ids=lambda value: value.name if isinstance(value, Path) else " ".join(value),
)
def test_commands_on_pages_exist(page: Path, words: list[str]) -> None:
    command, rest = command_for(words)
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    if not command.params or command.name == "motor":
        return
    given = [word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)]
    assert [option for option in given if option not in known] == [], page.name


def test_make_targets_in_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\bmake ([a-z]+)", readme)
    assert targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def tutorial_files() -> dict[str, str]:
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    return dict(re.findall(r"Write `([^`]+)`:\n\n```\w+\n(.*?)```", page, flags=re.DOTALL))


def cuefocus(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cuefocus", *words], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_the_tutorial_lands(tmp_path: Path) -> None:
    for name, text in tutorial_files().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    checked = cuefocus("check", "my/show.yaml", "--rig", "my/rig.yaml", "--json", cwd=tmp_path)
    assert json.loads(checked.stdout) == []
    sound = ("ltc", "generate", "--rate", "25", "--start", "00:59:57:00", "--seconds", "18", "-o", "my/ltc.wav")
    assert cuefocus(*sound, cwd=tmp_path).returncode == 0
    rehearsal = ("rehearse", "my/show.yaml", "--rig", "my/rig.yaml", "--timecode", "my/ltc.wav", "--json", "--strict")
    done = cuefocus(*rehearsal, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [row["verdict"] for row in json.loads(done.stdout)["landings"]] == ["landed"] * 3


def test_the_tutorials_mistake_is_told_as_it_says(tmp_path: Path) -> None:
    for name, text in tutorial_files().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text.replace("to: bridge", "to: brigde"), encoding="utf-8")
    told = cuefocus("check", "my/show.yaml", "--rig", "my/rig.yaml", cwd=tmp_path)
    assert told.returncode == 1
    assert told.stdout.splitlines()[0] in (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")


# --- decisions ---


def test_decisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in DECISIONS.glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    assert all(re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", name) for name in names)


@pytest.mark.parametrize("record", sorted(DECISIONS.glob("*.md")), ids=lambda record: record.name)
def test_a_decision_has_its_parts_on_half_a_page(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(record.name[:4])}. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert len(text.split()) < 400


# --- dependencies ---


def dependencies() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [
        re.split(r"[<>=!~ ;\[]", wanted, maxsplit=1)[0].lower().replace(".", "-") for wanted in project["dependencies"]
    ]


def imported() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "cuefocus").rglob("*.py"):
        found |= set(re.findall(r"^\s*(?:import|from) ([a-z_0-9]+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    return found


def test_every_dependency_is_imported_or_says_why_not() -> None:
    there = imported()
    idle = {name for name in dependencies() if IMPORT_NAMES.get(name, name).replace("-", "_") not in there}
    assert idle <= set(NOT_IMPORTED_YET), "take it out of pyproject.toml"
    for name, reason in NOT_IMPORTED_YET.items():
        assert not reason.startswith("docs/") or (ROOT / reason).exists(), name


# --- the image ---


def test_the_image_gets_what_its_recipe_copies() -> None:
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for line in re.findall(r"^COPY (?!--from)(.+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in ignore, source
