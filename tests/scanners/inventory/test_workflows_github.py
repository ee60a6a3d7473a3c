"""GitHub Actions: triggers, branches, steps, and what one file takes from another."""

import pytest

from scanners.facts import Pipeline
from scanners.inventory.workflows import WorkflowError, is_workflow, parse_workflow, resolve

PATH = ".github/workflows/ci.yml"


def parsed(text: str, path: str = PATH) -> Pipeline:
    return parse_workflow(path, text)


def with_on(on: str) -> Pipeline:
    return parsed(f"on: {on}\njobs: {{a: {{steps: [{{run: x}}]}}}}\n")


def test_steps_keep_lines_names_inputs_and_where_they_run() -> None:
    pipeline = parsed(
        "name: CI\non: [push, pull_request]\ndefaults:\n  run:\n    working-directory: backend\njobs:\n  test:\n"
        "    container: python:3.12\n    services:\n      db:\n        image: postgres:16\n    steps:\n"
        "      - uses: actions/setup-python@v5\n        with:\n          python-version: 3.10\n"
        "      - name: Unit\n        run: |\n          pip install .\n          pytest\n"
        "      - run: npm test\n        working-directory: ./frontend\n      - if: false\n        run: never\n"
    )
    uses, unit, npm = pipeline.steps
    assert (uses.uses, uses.line, uses.arguments) == (
        "actions/setup-python@v5",
        13,
        (("python-version", "3.10"),),
    )
    assert (unit.job, unit.name, unit.run, unit.line) == ("test", "Unit", "pip install .\npytest", 17)
    assert dict(unit.arguments) == {"working-directory": "backend"}
    assert dict(npm.arguments) == {"working-directory": "frontend"}
    assert pipeline.services == ("postgres:16", "python:3.12")
    assert (pipeline.provider, pipeline.triggers) == ("github", {"push", "pull_request"})


@pytest.mark.parametrize(
    ("on", "triggers", "branches"),
    [
        ("push", {"push"}, ()),
        ("{push: {branches: [main, 'release/**']}}", {"push"}, ("main", "release/**")),
        ("{push: {branches-ignore: [gh-pages]}}", {"push"}, ()),
        ("{push: {branches-ignore: [main]}}", {"push"}, ("!main",)),
        ("{push: {tags: ['v*']}}", {"tag"}, ()),
        ("{push: {branches: [main], tags: ['v*']}}", {"push", "tag"}, ("main",)),
        ("{pull_request_target: , merge_group: }", {"pull_request"}, ()),
        ("{schedule: [{cron: '0 0 * * *'}], workflow_dispatch: }", {"schedule", "manual"}, ()),
        ("{release: {types: [published]}}", {"release"}, ()),
        ("{workflow_run: {workflows: [CI], branches: [main]}}", {"push"}, ("main",)),
        ("issue_comment", set(), ()),
    ],
)
def test_triggers_and_branches(on: str, triggers: set[str], branches: tuple[str, ...]) -> None:
    pipeline = with_on(on)
    assert (pipeline.triggers, pipeline.branches) == (triggers, branches)


def test_a_reusable_workflow_is_started_by_what_starts_its_callers() -> None:
    files = {
        PATH: "on: {push: {branches: [main]}, pull_request: }\njobs:\n  t:\n    uses: ./.github/workflows/middle.yml\n",
        ".github/workflows/middle.yml": "on: workflow_call\njobs: {m: {uses: ./.github/workflows/tests.yml}}\n",
        ".github/workflows/tests.yml": "on: workflow_call\njobs: {t: {steps: [{run: pytest}]}}\n",
    }
    found = {p.path: p for p in resolve([parse_workflow(p, t) for p, t in files.items()], files)}
    tests = found[".github/workflows/tests.yml"]
    assert tests.triggers == {"push", "pull_request", "call"}
    assert tests.branches == ("main",)


def test_workflows_that_call_each_other_end() -> None:
    files = {
        PATH: "on: push\njobs: {a: {uses: ./.github/workflows/b.yml}}\n",
        ".github/workflows/b.yml": "on: workflow_call\njobs: {a: {uses: ./.github/workflows/ci.yml}}\n",
    }
    found = resolve([parse_workflow(p, t) for p, t in files.items()], files)
    assert [p.triggers for p in found] == [{"push", "call"}, {"push", "call"}]


def test_local_actions_are_written_out_where_they_are_used_even_in_a_loop() -> None:
    files = {
        PATH: "on: push\njobs:\n  t:\n    steps:\n      - uses: ./.github/actions/setup\n      - run: make test\n",
        ".github/actions/setup/action.yml": (
            "runs:\n  using: composite\n  steps:\n    - uses: actions/setup-node@v4\n    - run: npm ci\n      shell: bash\n"
            "    - uses: ./.github/actions/setup\n"
        ),
        "Makefile": "test:\n\tpytest\n",
    }
    (pipeline,) = resolve([parsed(files[PATH])], files)
    assert [(s.path, s.line, s.uses or s.run) for s in pipeline.steps] == [
        (PATH, 5, "./.github/actions/setup"),
        (".github/actions/setup/action.yml", 4, "actions/setup-node@v4"),
        (".github/actions/setup/action.yml", 5, "npm ci"),
        (".github/actions/setup/action.yml", 7, "./.github/actions/setup"),
        (PATH, 6, "make test\npytest"),
    ]


def test_task_runners_are_followed_from_the_working_directory() -> None:
    files = {
        PATH: "on: push\njobs: {t: {steps: [{run: npm test, working-directory: web}]}}\n",
        "web/package.json": '{"scripts": {"test": "vitest run"}}',
        "package.json": '{"scripts": {"test": "wrong"}}',
    }
    (pipeline,) = resolve([parsed(files[PATH])], files)
    assert pipeline.steps[0].run == "npm test\nvitest run"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "a: [\n",
        "name: only\n",
        "on: push\n<<<<<<< HEAD\njobs: {}\n=======\njobs: {a: }\n>>>>>>> b\n",
        "on: &a [*a]\n",
        "on: push\njobs: " + "[" * 300 + "]" * 300,
        "x: " + "y" * (1 << 20),
    ],
)
def test_what_cannot_be_parsed_raises(text: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        parsed(text)
    assert caught.value.id == "workflow.unparsable"


def test_odd_shapes_do_not_raise() -> None:
    odd = parsed(
        "on: {push: [main]}\njobs:\n  a: text\n  b: {steps: {run: x}, services: [y]}\n  c: {steps: [text, {}, [1]]}\n"
    )
    assert [step.run for step in odd.steps] == ["x"]


def test_names() -> None:
    assert is_workflow(".github/workflows/a.yaml") and is_workflow(".forgejo/workflows/a.yml")
    assert not is_workflow("docs/.github/workflows/a.yml") and not is_workflow(".github/workflows/x/a.yml")
    assert not is_workflow(".github/dependabot.yml") and not is_workflow("action.yml")
