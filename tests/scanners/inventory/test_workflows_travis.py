"""Travis CI: the default script of a language, job lists, conditions."""

import pytest

from scanners.inventory.workflows import parse_workflow, resolve

PATH = ".travis.yml"


@pytest.mark.parametrize(
    ("text", "files", "run"),
    [
        ("language: node_js\n", {"package.json": '{"scripts": {"test": "jest"}}'}, "npm test\njest"),
        ("rvm: [3.2]\n", {}, "rake"),
        ("language: ruby\n", {"Gemfile": "", "Rakefile": "task default: [:spec]\ntask(:spec) { sh 'rspec' }\n"},
         "bundle exec rake\nrake spec\nrspec"),
        ("language: go\n", {}, "go test -v ./..."),
        ("language: go\n", {"Makefile": "all:\n\tgo vet\n"}, "make\ngo vet"),
        ("language: java\n", {"gradlew": "#!/bin/sh\n"}, "./gradlew check"),
        ("language: java\n", {"pom.xml": "<p/>"}, "mvn test -B"),
        ("language: php\n", {}, "phpunit"),
        ("language: rust\n", {}, "cargo build --verbose\ncargo test --verbose"),
    ],
)  # fmt: skip
def test_a_language_has_a_script_of_its_own(text: str, files: dict[str, str], run: str) -> None:
    (pipeline,) = resolve([parse_workflow(PATH, text)], {PATH: text} | files)
    assert [step.run for step in pipeline.steps] == [run]


def test_python_has_none() -> None:
    assert parse_workflow(PATH, "language: python\ninstall: pip install .\n").steps[0].run == "pip install ."
    assert parse_workflow(PATH, "language: python\n").steps == ()


def test_phases_branches_services_and_deployment() -> None:
    text = (
        "language: python\nbranches:\n  only: [main]\nservices: [redis]\ninstall:\n  - pip install .\n"
        "script: pytest\ndeploy:\n  provider: pypi\n  on: {tags: true}\n"
    )
    pipeline = parse_workflow(PATH, text)
    assert [(s.name, s.run or s.uses, s.line) for s in pipeline.steps] == [
        ("install", "pip install .", 6),
        ("script", "pytest", 7),
        ("deploy", "pypi", 9),
    ]
    assert (pipeline.triggers, pipeline.branches) == ({"push", "pull_request"}, ("main",))
    assert pipeline.services == ("redis",)


def test_listed_jobs_run_under_their_conditions() -> None:
    text = (
        "language: python\njobs:\n  include:\n    - name: unit\n      script: pytest\n    - stage: deploy\n"
        "      if: type = push AND branch = main\n      script: ./deploy\n    - if: type = cron\n      script: nightly\n"
    )
    found = {s.run: p for p in resolve([parse_workflow(PATH, text)], {PATH: text}) for s in p.steps}
    assert found["pytest"].triggers == {"push", "pull_request"}
    assert (found["./deploy"].triggers, found["./deploy"].branches) == ({"push"}, ("main",))
    assert found["nightly"].triggers == {"schedule"}
