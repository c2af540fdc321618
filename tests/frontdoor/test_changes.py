"""`./assay run --changed-since REV`: what changed decides which suites run, and a suite in doubt runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from assay.command.options import UsageError
from assay.command.running import changes, plan
from assay.command.running.robotoptions import RobotOptions
from assay.command.running.uses import Uses
from assay.core.target import Target

from tests.frontdoor.door import ROOT, Door
from tests.frontdoor.test_refusals import refused

FILES = {
    "suites/auth/alpha.robot": "Resource    ../../resources/alpha.resource\nTest Tags    area:auth    JWT-01",
    "suites/auth/beta.robot": "Resource    ../../resources/beta.resource\nTest Tags    area:auth    JWT-02    promise:CH-3",
    "suites/auth/gamma.robot": "Library    gamma.py\nTest Tags    JWT-03",
    "resources/alpha.resource": "Resource    platform.resource\nResource    inner/deep.resource",
    "resources/inner/deep.resource": "Library    assay.DeepLibrary",
    "resources/beta.resource": "Library    assay.BetaLibrary\nVariables    ../variables/beta.yaml",
    "resources/platform.resource": "Library    assay.EvidenceListener",
}
PLAIN = {
    "libraries/assay/__init__.py": "",
    "libraries/assay/DeepLibrary.py": "from assay.deep import bottom as ground\n",
    "libraries/assay/deep/__init__.py": "",
    "libraries/assay/deep/bottom.py": "from ..deep.sand import grain\nPROCESS = ['python', '-m', 'assay.drill.machine']\n",
    "libraries/assay/deep/sand.py": "grain = 1\n",
    "libraries/assay/drill/machine.py": "",
    "libraries/assay/deep/table.json": "{}",
    "libraries/assay/BetaLibrary.py": "import assay.deep.sand\n",
    "libraries/assay/core/names.py": "",
    "libraries/assay/UnusedLibrary.py": "",
    "variables/beta.yaml": "a: 1\n",
    "variables/other.yaml": "a: 1\n",
    "suites/auth/gamma.py": "import helper\n",
    "suites/auth/helper.py": "",
    "resources/contracts/auth.openapi.yaml": "",
    "resources/contracts/auth/keys.yaml": "",
    "resources/contracts/store.openapi.yaml": "",
    "resources/contracts/settings.yaml": "",
    "resources/catalogue/first.yaml": "- id: JWT-01\n- id: JWT-09\n",
    "resources/catalogue/promises.yaml": "- id: CH-3\n",
    "resources/notes.md": "",
    "reference/auth/app.py": "",
    "docs/page.md": "",
    "tests/test_x.py": "",
    "requirements.txt": "",
    ".gitignore": "/results/\n__pycache__/\n",
}
EVERY = {"alpha", "beta", "gamma"}


class Project:
    """A small project under git, in which everything is committed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, settings in FILES.items():
            body = "\n*** Test Cases ***\nOne\n    No Operation\n" if name.endswith(".robot") else ""
            self.write(name, f"*** Settings ***\n{settings}\n{body}")
        for name, text in PLAIN.items():
            self.write(name, text)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit()

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def touch(self, name: str) -> None:
        with (self.root / name).open("a") as file:
            file.write("\n# changed\n")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git(
            "-c", "user.name=A", "-c", "user.email=a@example.test", "commit", "--quiet", "--message", "x"
        )

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", "-C", str(self.root), *arguments], check=True, capture_output=True)

    def select(
        self, revision: str = "HEAD", options: RobotOptions | None = None
    ) -> tuple[set[str], list[str]]:
        options = options or RobotOptions({}, [str(self.root / "suites")])
        target = Target("small", self.root / "variables" / "targets" / "small.yaml", {})
        found, lines = changes.select(plan.build(options), revision, self.root, target, options)
        return {Path(test.source).stem for test in found.tests}, lines


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "a project")


@pytest.mark.parametrize(
    ("name", "suites"),
    [
        ("suites/auth/alpha.robot", {"alpha"}),
        ("resources/alpha.resource", {"alpha"}),
        ("resources/inner/deep.resource", {"alpha"}),
        ("libraries/assay/DeepLibrary.py", {"alpha"}),
        ("libraries/assay/deep/bottom.py", {"alpha"}),
        ("libraries/assay/deep/sand.py", {"alpha", "beta"}),
        ("libraries/assay/drill/machine.py", {"alpha"}),
        ("libraries/assay/deep/__init__.py", {"alpha", "beta"}),
        ("variables/beta.yaml", {"beta"}),
        ("suites/auth/gamma.py", {"gamma"}),
        ("suites/auth/helper.py", {"gamma"}),
        ("resources/contracts/auth.openapi.yaml", {"alpha", "beta"}),
        ("resources/contracts/auth/keys.yaml", {"alpha", "beta"}),
        ("resources/catalogue/first.yaml", {"alpha"}),
        ("resources/catalogue/promises.yaml", {"beta"}),
        ("libraries/assay/deep/table.json", EVERY),
        ("libraries/assay/core/names.py", EVERY),
        ("resources/platform.resource", EVERY),
        ("resources/contracts/settings.yaml", EVERY),
        ("variables/other.yaml", EVERY),
        ("reference/auth/app.py", EVERY),
        ("requirements.txt", EVERY),
    ],
)
def test_what_is_affected(project: Project, name: str, suites: set[str]) -> None:
    project.touch(name)
    found, lines = project.select()
    assert found == suites
    assert name in "\n".join(lines) or lines[1:] == [f"  {name}: changed"]
    assert len(lines) == (1 if suites == EVERY else 1 + len(suites))


@pytest.mark.parametrize(
    "name",
    ["docs/page.md", "tests/test_x.py", "resources/notes.md", "libraries/assay/UnusedLibrary.py"],
)
def test_what_affects_nothing(project: Project, name: str) -> None:
    project.touch(name)
    with pytest.raises(UsageError, match=f"affects none of the selected suites \\({name}\\)"):
        project.select()


def test_nothing_changed(project: Project) -> None:
    with pytest.raises(UsageError, match="^nothing is selected: nothing has changed since HEAD"):
        project.select()


def test_committed_staged_uncommitted_and_unknown_files_count(project: Project) -> None:
    project.touch("suites/auth/alpha.robot")
    project.commit()
    assert project.select("HEAD~1")[0] == {"alpha"}
    project.touch("suites/auth/beta.robot")
    project.git("add", "--all")
    project.write("suites/auth/new.robot", "*** Test Cases ***\nNew\n    No Operation\n")
    assert project.select("HEAD~1")[0] == {"alpha", "beta", "new"}
    assert project.select("main")[0] == {"beta", "new"}
    project.write("variables/__pycache__/x.pyc", "git does not look at it\n")
    assert project.select("main")[0] == {"beta", "new"}


@pytest.mark.parametrize(
    ("name", "suites"),
    [
        ("resources/inner/deep.resource", {"alpha"}),
        ("libraries/assay/deep/sand.py", {"alpha", "beta"}),
        ("suites/auth/helper.py", {"gamma"}),
        ("variables/beta.yaml", {"beta"}),
        ("resources/catalogue/first.yaml", {"alpha"}),
    ],
)
def test_what_is_gone_affects_who_used_it(project: Project, name: str, suites: set[str]) -> None:
    (project.root / name).unlink()
    assert project.select()[0] == suites


def test_a_renamed_file_counts_under_both_names(project: Project) -> None:
    project.git("mv", "resources/beta.resource", "resources/moved.resource")
    project.git("mv", "suites/auth/alpha.robot", "suites/auth/delta.robot")
    assert project.select()[0] == {"beta", "delta"}


@pytest.mark.parametrize("place", ["suites/__init__.robot", "suites/auth/__init__.robot"])
def test_the_file_of_a_folder_affects_all_beneath(project: Project, place: str) -> None:
    project.write(place, "*** Settings ***\nTest Tags    x\n")
    assert project.select()[0] == EVERY


@pytest.mark.parametrize(
    "line",
    ["Library    ${WHERE}/x.py", "Resource    %{HOME}/x.resource", "Documentation    Import Library    x"],
)
def test_a_suite_whose_uses_cannot_be_known_always_runs(project: Project, line: str) -> None:
    project.write(
        "suites/auth/free.robot", f"*** Settings ***\n{line}\n*** Test Cases ***\nOne\n    Log    1\n"
    )
    project.commit()
    project.touch("docs/page.md")
    found, lines = project.select()
    assert found == {"free"}
    assert "suites/auth/free.robot: may use anything (free.robot " in lines[1]


def test_a_library_that_imports_by_name_may_use_anything(project: Project) -> None:
    project.write("suites/auth/helper.py", "import importlib\nimportlib.import_module(NAME)\n")
    project.commit()
    project.touch("docs/page.md")
    assert project.select()[0] == {"gamma"}


def test_a_suite_outside_the_repository_always_runs(project: Project, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.robot"
    elsewhere.write_text("*** Test Cases ***\nOne\n    No Operation\n")
    project.touch("suites/auth/alpha.robot")
    found, lines = project.select(
        options=RobotOptions({"name": "S"}, [str(project.root / "suites"), str(elsewhere)])
    )
    assert found == {"alpha", "elsewhere"}
    assert any(line.endswith("elsewhere.robot: is not in this repository") for line in lines)


def test_what_the_command_line_names_affects_everything(project: Project) -> None:
    project.touch("tests/test_x.py")
    given = RobotOptions(
        {"variablefile": [f"{project.root}/tests/test_x.py:a"]}, [str(project.root / "suites")]
    )
    assert project.select(options=given)[0] == EVERY
    project.touch("suites/auth/alpha.robot")
    given = RobotOptions({"language": ["fi"]}, [str(project.root / "suites")])
    assert project.select(options=given)[0] == EVERY


def test_a_filter_beside_it_narrows_further(project: Project) -> None:
    project.touch("libraries/assay/deep/sand.py")
    options = RobotOptions({"include": ["JWT-02"]}, [str(project.root / "suites")])
    assert project.select(options=options)[0] == {"beta"}


def test_the_project_may_lie_in_a_bigger_repository(tmp_path: Path) -> None:
    project = Project(tmp_path / "inner")
    shutil.rmtree(project.root / ".git")
    outer = Project(tmp_path)
    project.touch("resources/alpha.resource")
    outer.touch("requirements.txt")
    assert project.select()[0] == {"alpha"}


@pytest.mark.parametrize("revision", ["nobody", "HEAD~9", "--help", "-q", "HEAD:docs", "a b"])
def test_a_bad_revision(project: Project, revision: str) -> None:
    with pytest.raises(UsageError, match="--changed-since: this repository has no revision '"):
        project.select(revision)


def test_no_repository_and_no_git(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(project.root / ".git")
    with pytest.raises(UsageError, match="needs a git repository; git says: fatal: not a git repository"):
        project.select()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UsageError, match="needs git, which is not on the PATH"):
        project.select()


def test_the_variables_of_a_hook_do_not_mislead(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.touch("suites/auth/alpha.robot")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert project.select()[0] == {"alpha"}


def test_what_this_project_s_own_suites_use_can_be_read() -> None:
    uses = Uses(ROOT)
    for suite in (ROOT / "suites").rglob("*.robot"):
        found = uses.of(suite)
        assert not found.unknown
        for name in (
            "resources/platform.resource",
            "libraries/assay/core/run.py",
            "libraries/assay/http/client.py",
        ):
            assert ROOT / name in found.files, suite


@pytest.fixture
def own(door: Door) -> Project:
    """The project's home as a repository of its own, with the suites of the door."""
    home = door.folder / "home"
    (home / "suites").mkdir(parents=True)
    for name in ("resources", "variables"):
        shutil.copytree(ROOT / name, home / name)
    project = object.__new__(Project)
    project.root = home
    door.suites = home / "suites"
    door.suite("alpha")
    door.suite("beta")
    project.git("init", "--quiet")
    project.commit()
    return project


def test_a_run_says_what_was_selected_and_why(door: Door, own: Project) -> None:
    home = {"ASSAY_HOME": str(own.root)}
    line = refused(door.run("--changed-since", "HEAD", **home))
    assert line.startswith("assay: nothing is selected: nothing has changed since HEAD (")
    assert "this repository has no revision 'nobody'" in refused(
        door.run("--changed-since", "nobody", **home)
    )
    assert "takes a revision of git, not nothing" in refused(door.run("--changed-since", " ", **home))
    assert not door.results.exists()
    own.touch("suites/beta.robot")
    ran = door.run("--changed-since", "HEAD", **home)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 of 2 suites may be affected by what changed since HEAD (" in ran.stdout
    assert "\n    suites/beta.robot: changed\n" in ran.stdout
    assert set(door.outcomes) == {"The First beta", "The Second beta"}


def test_without_git_the_door_says_so(door: Door) -> None:
    door.suite("alpha")
    path = os.pathsep.join(
        one for one in os.environ["PATH"].split(os.pathsep) if not (Path(one) / "git").exists()
    )
    assert "--changed-since needs git" in refused(door.run("--changed-since", "HEAD", PATH=path))
