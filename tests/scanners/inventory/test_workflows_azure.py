"""Azure Pipelines: default triggers, tasks as commands, local templates."""

import pytest

from scanners.inventory.workflows import is_workflow, parse_workflow, resolve

PATH = "azure-pipelines.yml"


@pytest.mark.parametrize(
    ("head", "triggers", "branches"),
    [
        ("", {"push", "pull_request"}, ()),
        ("trigger: [main]\npr: none\n", {"push"}, ("main",)),
        ("trigger: none\npr: none\n", {"manual"}, ()),
        ("trigger: none\npr: none\nschedules: [{cron: x}]\n", {"schedule"}, ()),
        ("trigger:\n  branches: {include: [refs/heads/main, rel/*]}\n  tags: {include: ['*']}\n",
         {"push", "tag", "pull_request"}, ("main", "rel/*")),
        ("trigger:\n  branches: {exclude: [wip/x]}\n", {"push", "pull_request"}, ()),
    ],
)  # fmt: skip
def test_triggers(head: str, triggers: set[str], branches: tuple[str, ...]) -> None:
    pipeline = parse_workflow(PATH, f"{head}steps:\n- script: x\n")
    assert (pipeline.triggers, pipeline.branches) == (triggers, branches)


def test_stages_jobs_and_tasks() -> None:
    pipeline = parse_workflow(
        PATH,
        "stages:\n- stage: Build\n  jobs:\n  - job: Test\n    steps:\n    - task: DotNetCoreCLI@2\n      displayName: Unit\n"
        "      inputs:\n        command: test\n        projects: '**/*Tests.csproj'\n    - bash: npm test\n"
        "      workingDirectory: $(System.DefaultWorkingDirectory)/web\n    - ${{ if eq(1, 1) }}:\n      - pwsh: Invoke-Pester\n"
        "  - deployment: D\n    strategy: {runOnce: {deploy: {steps: [{script: kubectl apply}]}}}\n",
    )
    task, bash, pwsh, deploy = pipeline.steps
    assert (task.uses, task.run, task.line, task.job) == (
        "DotNetCoreCLI@2",
        "dotnet test **/*Tests.csproj",
        6,
        "Test",
    )
    assert dict(task.arguments)["command"] == "test"
    assert (bash.run, dict(bash.arguments)) == ("npm test", {"working-directory": "web"})
    assert (pwsh.run, deploy.run, deploy.job) == ("Invoke-Pester", "kubectl apply", "D")


def test_templates_are_taken_in_and_are_no_pipelines_themselves() -> None:
    files = {
        PATH: "trigger: [main]\nsteps:\n- template: .azuredevops/steps.yml\n",
        ".azuredevops/steps.yml": "steps:\n- script: pytest\n- template: steps.yml\n- template: other.yml@shared\n",
    }
    found = resolve([parse_workflow(p, t) for p, t in files.items()], files)
    assert [p.path for p in found] == [PATH]
    assert (".azuredevops/steps.yml", 2, "pytest") in [(s.path, s.line, s.run) for s in found[0].steps]
    assert found[0].branches == ("main",)


def test_names() -> None:
    names = [
        "azure-pipelines.yml",
        "build/azure-pipelines-ci.yml",
        ".azuredevops/x/y.yml",
        "azure-pipeline.yaml",
    ]
    assert all(map(is_workflow, names))
