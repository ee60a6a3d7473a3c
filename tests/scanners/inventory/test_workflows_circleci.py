"""CircleCI: workflows and filters, reusable commands, orbs."""

from scanners.facts import Pipeline
from scanners.inventory.workflows import parse_workflow, resolve

PATH = ".circleci/config.yml"

CONFIG = """\
version: 2.1
orbs:
  codecov: codecov/codecov@4.1
commands:
  setup:
    parameters:
      what: {default: dev}
    steps:
      - run: pip install <<parameters.what>>.txt
      - setup
jobs:
  test:
    docker:
      - image: cimg/python:3.12
      - image: cimg/postgres:16
    working_directory: ~/project/backend
    steps:
      - checkout
      - setup:
          what: ci
      - run:
          name: Unit
          command: pytest
      - when:
          condition: true
          steps:
            - codecov/upload:
                file: x.xml
  deploy:
    docker: [{image: a}]
    steps: [{run: ./deploy.sh}]
  release:
    steps: [{run: twine upload}]
workflows:
  main:
    jobs:
      - test
      - codecov/report
      - deploy:
          filters: {branches: {only: main}}
      - release:
          filters: {branches: {ignore: /.*/}, tags: {only: /v.*/}}
  nightly:
    triggers:
      - schedule: {cron: "0 0 * * *", filters: {branches: {only: [main]}}}
    jobs: [deploy]
"""


def by_run(pipelines: tuple[Pipeline, ...]) -> dict[str, list[Pipeline]]:
    out: dict[str, list[Pipeline]] = {}
    for pipeline in pipelines:
        for step in pipeline.steps:
            out.setdefault(step.run or step.uses, []).append(pipeline)
    return out


def test_jobs_commands_and_orbs() -> None:
    pipeline = parse_workflow(PATH, CONFIG)
    steps = {step.run or step.uses: step for step in pipeline.steps}
    assert steps["pip install ci.txt"].line == 9
    assert (steps["pytest"].line, steps["pytest"].name) == (23, "Unit")
    assert dict(steps["pytest"].arguments) == {"working-directory": "backend"}
    assert steps["codecov/codecov@4.1/upload"].arguments == (("file", "x.xml"),)
    assert "codecov/codecov@4.1/report" in steps
    assert pipeline.services == ("cimg/postgres:16",)


def test_filters_tell_the_triggers() -> None:
    found = by_run(resolve([parse_workflow(PATH, CONFIG)], {PATH: CONFIG}))
    assert [(p.triggers, p.branches) for p in found["pytest"]] == [({"push", "pull_request"}, ())]
    assert [(p.triggers, p.branches) for p in found["./deploy.sh"]] == [
        ({"push"}, ("main",)),
        ({"schedule"}, ("main",)),
    ]
    assert [(p.triggers, p.branches) for p in found["twine upload"]] == [({"tag"}, ())]


def test_without_workflows_every_job_runs() -> None:
    pipeline = parse_workflow(PATH, "jobs:\n  build:\n    steps:\n      - run: make\n")
    assert [s.run for s in pipeline.steps] == ["make"]
    assert pipeline.triggers == {"push", "pull_request"}
