"""GitLab CI: rules as triggers, extends, references and includes."""

import pytest

from scanners.facts import Pipeline
from scanners.inventory.workflows import WorkflowError, parse_workflow, resolve

PATH = ".gitlab-ci.yml"


def resolved(text: str, **files: str) -> dict[str, Pipeline]:
    """The pipeline of each job, by the job's name."""
    tree = {PATH: text} | files
    return {step.job: p for p in resolve([parse_workflow(PATH, text)], tree) for step in p.steps}


def job(rules: str) -> tuple[set[str], tuple[str, ...]]:
    pipeline = resolved(f"t:\n  script: [pytest]\n{rules}")["t"]
    return set(pipeline.triggers), pipeline.branches


def test_scripts_come_with_defaults_inheritance_and_true_lines() -> None:
    text = (
        "default:\n  before_script:\n    - pip install .\n.base:\n  services: [postgres:16]\n  script:\n    - echo base\n"
        "test:\n  extends: .base\n  stage: test\n  script:\n    - cd backend\n    - pytest\n"
        "lint:\n  extends: [.base]\n  before_script: []\n"
    )
    pipeline = parse_workflow(PATH, text)
    assert [(s.job, s.run, s.line) for s in pipeline.steps] == [
        ("test", "pip install .", 3),
        ("test", "cd backend", 12),
        ("test", "pytest", 13),
        ("lint", "echo base", 7),
    ]
    assert dict(pipeline.steps[2].arguments) == {"working-directory": "backend"}
    assert pipeline.steps[0].name == "test"
    assert "postgres:16" in pipeline.services


@pytest.mark.parametrize(
    ("rules", "triggers", "branches"),
    [
        ("", {"push", "tag"}, ()),
        ("  only: [main, merge_requests]\n", {"push", "pull_request"}, ("main",)),
        ("  only: {refs: [tags]}\n", {"tag"}, ()),
        ("  only: {changes: [a.py]}\n", {"push", "tag"}, ()),
        ("  except: [tags]\n", {"push"}, ()),
        ("  except: [main]\n", {"push", "tag"}, ("!main",)),
        ("  only: [schedules]\n", {"schedule"}, ()),
        ("  when: manual\n", {"manual"}, ()),
        ("  rules:\n    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\"\n", {"pull_request"}, ()),
        ("  rules:\n    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n", {"push"}, ("$default",)),
        ("  rules:\n    - if: '$CI_COMMIT_BRANCH == \"main\" && $CI_PIPELINE_SOURCE == \"push\"'\n", {"push"}, ("main",)),
        ("  rules:\n    - if: $CI_COMMIT_TAG\n", {"tag"}, ()),
        ("  rules:\n    - if: $CI_PIPELINE_SOURCE == 'schedule'\n      when: never\n    - when: always\n",
         {"push", "pull_request", "tag", "manual"}, ()),
        ("  rules:\n    - if: $CI_COMMIT_BRANCH\n      when: manual\n", {"manual"}, ()),
        ("  rules:\n    - changes: [src/*]\n", {"push", "pull_request", "tag", "schedule", "manual"}, ()),
    ],
)  # fmt: skip
def test_rules_tell_the_triggers(rules: str, triggers: set[str], branches: tuple[str, ...]) -> None:
    assert job(rules) == (triggers, branches)


def test_workflow_rules_hold_for_jobs_without_rules() -> None:
    found = resolved(
        "workflow:\n  rules:\n    - if: $CI_PIPELINE_SOURCE == 'merge_request_event'\n    - if: $CI_COMMIT_BRANCH == 'main'\n"
        "t:\n  script: pytest\n"
    )
    assert (found["t"].triggers, found["t"].branches) == ({"pull_request", "push"}, ("main",))


def test_jobs_that_start_differently_become_pipelines_of_their_own() -> None:
    found = resolved("t:\n  script: pytest\n  only: [merge_requests]\nd:\n  script: deploy\n  only: [tags]\n")
    assert (found["t"].triggers, found["d"].triggers) == ({"pull_request"}, {"tag"})


def test_local_includes_and_references_are_followed_and_loops_end() -> None:
    files = {
        "ci/test.yml": "include: {local: /.gitlab-ci.yml}\nunit:\n  script:\n    - !reference [.setup, script]\n    - pytest\n",
        "ci/setup.yml": ".setup:\n  script:\n    - pip install .\n",
    }
    text = "include:\n  - local: /ci/test.yml\n  - ci/setup.yml\n  - template: X\n  - local: missing.yml\nstages: [unit]\n"
    pipeline = resolved(text, **files)["unit"]
    assert [(s.path, s.run, s.line) for s in pipeline.steps] == [
        ("ci/setup.yml", "pip install .", 3),
        ("ci/test.yml", "pytest", 5),
    ]


def test_jobs_that_extend_each_other_end() -> None:
    pipeline = parse_workflow(PATH, "a:\n  extends: b\n  script: x\nb:\n  extends: a\n")
    assert {step.run for step in pipeline.steps} == {"x"}


def test_child_pipelines_are_uses() -> None:
    pipeline = parse_workflow(PATH, "deploy:\n  trigger:\n    project: group/deploy\n")
    assert [(s.uses, s.line) for s in pipeline.steps] == [("group/deploy", 2)]


def test_what_cannot_be_parsed_raises() -> None:
    for text in ("a: [", "", "- x\n"):
        with pytest.raises(WorkflowError, match="workflow.unparsable"):
            parse_workflow(PATH, text)
