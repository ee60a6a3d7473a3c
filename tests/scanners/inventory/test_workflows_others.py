"""Drone, Woodpecker, Buildkite, Bitbucket, AppVeyor, Cirrus, Semaphore and sr.ht."""

import contextlib
import json
from dataclasses import asdict

import pytest

from scanners.facts import Pipeline
from scanners.inventory.workflows import WorkflowError, is_workflow, parse_workflow, resolve


def by_run(path: str, text: str) -> dict[str, Pipeline]:
    found = resolve([parse_workflow(path, text)], {path: text})
    return {step.run or step.uses: p for p in found for step in p.steps}


def test_drone_pipelines_plugins_and_conditions() -> None:
    text = (
        "kind: pipeline\nname: test\ntrigger:\n  event: [push, pull_request]\n  branch: [main]\nservices:\n  - image: redis:7\n"
        "steps:\n  - name: unit\n    image: golang\n    commands:\n      - go test ./...\n"
        "  - name: publish\n    image: plugins/docker\n    settings: {repo: x/y}\n    when: {event: tag}\n"
        "---\nkind: secret\nname: s\n---\nkind: pipeline\nname: nightly\ntrigger: {event: cron}\n"
        "steps:\n  - name: n\n    commands: [make nightly]\n"
    )
    found = by_run(".drone.yml", text)
    assert (found["go test ./..."].triggers, found["go test ./..."].branches) == (
        {"push", "pull_request"},
        ("main",),
    )
    assert found["plugins/docker"].triggers == {"tag"}
    assert found["make nightly"].triggers == {"schedule"}
    pipeline = parse_workflow(".drone.yml", text)
    assert [s.line for s in pipeline.steps] == [12, 14, 26]
    assert pipeline.services == ("redis:7",)


def test_woodpecker_lists_and_maps() -> None:
    text = (
        "when:\n  - event: pull_request\n  - event: push\n    branch: main\nsteps:\n  test:\n    image: x\n    commands: [pytest]\n"
        "  notify:\n    image: plugin/chat\n    settings: {room: a}\nservices:\n  db: {image: mysql}\n"
    )
    found = by_run(".woodpecker/test.yml", text)
    assert (found["pytest"].triggers, found["pytest"].branches) == ({"pull_request", "push"}, ("main",))
    assert found["plugin/chat"].services == ("mysql",)
    assert by_run(".woodpecker.yml", "pipeline:\n  a:\n    commands: [x]\n")["x"].triggers == {
        "push",
        "pull_request",
    }


def test_buildkite_commands_plugins_and_filters() -> None:
    text = (
        "steps:\n  - label: unit\n    command: make test\n    plugins:\n      - docker#v5: {image: x}\n  - wait\n"
        "  - group: g\n    steps:\n      - commands: [a, b]\n        branches: 'main release/*'\n"
    )
    found = by_run(".buildkite/pipeline.yml", text)
    assert found["make test"].triggers == {"push", "pull_request"}
    assert (found["b"].triggers, found["b"].branches) == ({"push"}, ("main", "release/*"))
    assert "docker#v5" in found


def test_bitbucket_sections_tell_the_triggers() -> None:
    text = (
        "definitions: {services: {db: {image: postgres:15}}}\npipelines:\n  default:\n    - step:\n        services: [db]\n"
        "        script:\n          - npm test\n  pull-requests:\n    '**':\n      - parallel:\n          - step: {script: [npm run lint]}\n"
        "  branches:\n    main:\n      - stage: {steps: [{step: {script: [{pipe: atlassian/aws:1, variables: {A: b}}]}}]}\n"
        "  custom:\n    nightly:\n      - step: {script: [x]}\n"
    )
    found = by_run("bitbucket-pipelines.yml", text)
    assert found["npm test"].triggers == {"push"} and found["npm test"].services == ("postgres:15",)
    assert found["npm run lint"].triggers == {"pull_request"}
    assert found["atlassian/aws:1"].branches == ("main",)
    assert found["x"].triggers == {"manual"}


def test_appveyor_phases() -> None:
    text = "branches: {only: [main]}\nbuild: false\ninstall:\n  - cmd: pip install .\ntest_script:\n  - ps: pytest\n  - tox\n"
    found = by_run("appveyor.yml", text)
    assert list(found) == ["pip install .", "pytest", "tox"]
    assert (found["tox"].triggers, found["tox"].branches) == ({"push", "pull_request"}, ("main",))
    assert "vstest.console" in by_run("appveyor.yml", "build: {project: a.sln}\n")


def test_cirrus_tasks_may_repeat_their_key() -> None:
    text = (
        "task:\n  name: unit\n  test_script: pytest\ntask:\n  name: lint\n  only_if: $CIRRUS_BRANCH == 'main'\n"
        "  setup_script: [pip install ruff]\n  lint_script: |\n    ruff check\nrelease_task:\n  only_if: $CIRRUS_TAG != ''\n"
        "  script: publish\n"
    )
    found = by_run(".cirrus.yml", text)
    assert list(found) == ["pytest", "pip install ruff", "ruff check", "publish"]
    assert found["pytest"].triggers == {"push", "pull_request"}
    assert (found["ruff check"].triggers, found["ruff check"].branches) == ({"push"}, ("main",))
    assert found["publish"].triggers == {"tag"}


def test_semaphore_and_sourcehut() -> None:
    text = "blocks:\n  - name: T\n    task:\n      prologue: {commands: [checkout]}\n      jobs:\n        - commands: [make test]\n"
    assert list(by_run(".semaphore/semaphore.yml", text)) == ["checkout", "make test"]
    assert by_run(".semaphore/deploy.yml", text)["make test"].triggers == {"manual"}
    assert by_run(".build.yml", "image: alpine\ntasks:\n  - test: |\n      make check\n")[
        "make check"
    ].triggers == {"push"}


@pytest.mark.parametrize(
    "path",
    [".drone.yml", ".woodpecker.yml", ".buildkite/pipeline.yml", "bitbucket-pipelines.yml", "appveyor.yml", ".cirrus.yml",
     ".semaphore/semaphore.yml", ".build.yml", ".travis.yml", ".circleci/config.yml", "azure-pipelines.yml"],
)  # fmt: skip
def test_every_provider_refuses_what_it_cannot_parse(path: str) -> None:
    assert is_workflow(path)
    for text in ("", "a: [", "just text", "x: &x [*x]", "[[]]"):
        with pytest.raises(WorkflowError) as caught:
            parse_workflow(path, text)
        assert caught.value.id == "workflow.unparsable"
    odd = "{steps: [[], {steps: 1}, x], tasks: {a: [b]}, jobs: [x], workflows: [1], pipelines: [x], script: {a: b}, task: []}"
    with contextlib.suppress(WorkflowError):
        assert json.loads(json.dumps(asdict(parse_workflow(path, odd)), default=sorted))["path"] == path


def test_unknown_files_are_refused() -> None:
    with pytest.raises(WorkflowError):
        parse_workflow("README.md", "a: b")
