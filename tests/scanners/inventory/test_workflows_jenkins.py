"""Jenkinsfiles as text: shell steps, stages, folders, plugins."""

import time

import pytest

from scanners.inventory.workflows import WorkflowError, is_workflow, parse_workflow

JENKINSFILE = r"""
@Library('shared@v2') _
pipeline {
  agent { docker { image 'python:3.12' } }
  triggers { cron('H 4 * * *') }
  stages {
    stage('Test') {
      when { changeRequest() }
      steps {
        // sh 'commented out'
        sh 'pytest -q'
        dir('web') {
          sh(script: "npm test", returnStdout: true)
        }
        sh label: 'multi', script: '''
          make lint
        '''
        bat "nmake \"all\""
        junit 'reports/*.xml'
      }
    }
    stage("Scan") {
      steps { withSonarQubeEnv('s') { sh 'mvn sonar:sonar' } }
    }
  }
}
"""


def test_steps_stages_and_folders() -> None:
    pipeline = parse_workflow("Jenkinsfile", JENKINSFILE)
    runs = {s.run: s for s in pipeline.steps if s.run}
    assert list(runs) == ["pytest -q", "npm test", "make lint", 'nmake "all"', "mvn sonar:sonar"]
    assert (runs["pytest -q"].line, runs["pytest -q"].job) == (11, "Test")
    assert dict(runs["npm test"].arguments) == {"working-directory": "web"}
    assert runs["make lint"].arguments == ()
    assert runs["mvn sonar:sonar"].job == "Scan"
    uses = [s.uses for s in pipeline.steps if s.uses]
    assert {"library:shared@v2", "junit"} <= set(uses)
    assert pipeline.triggers == {"push", "pull_request", "schedule"}


def test_scripted_pipelines_and_classes() -> None:
    pipeline = parse_workflow(
        "ci/Jenkinsfile.release",
        "node {\n  stage 'x'\n  sh \"./gradlew test\"\n  step([$class: 'JUnitResultArchiver'])\n  docker.image('maven:3').inside {\n    sh 'mvn verify'\n  }\n}\n",
    )
    assert [s.run for s in pipeline.steps if s.run] == ["./gradlew test", "mvn verify"]
    assert "JUnitResultArchiver" in [s.uses for s in pipeline.steps]
    assert pipeline.services == ("maven:3",)
    assert pipeline.triggers == {"push"}


@pytest.mark.parametrize(
    "text",
    [
        "/*" * 200_000,
        "sh '''" * 100_000,
        "{" * 500_000,
        "a" * 900_000,
        "sh" + " " * 900_000,
        "stage('a') {" * 40_000,
    ],
)
def test_hostile_text_takes_little_time(text: str) -> None:
    started = time.process_time()
    parse_workflow("Jenkinsfile", text)
    assert time.process_time() - started < 5


def test_conflicts_raise_and_names_are_known() -> None:
    with pytest.raises(WorkflowError):
        parse_workflow("Jenkinsfile", "<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n")
    assert is_workflow("deploy.Jenkinsfile") and not is_workflow("src/jenkinsfile_parser/a.py")
