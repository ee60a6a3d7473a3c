"""AppVeyor: the phases of one build; what it does by itself where nothing is written."""

from scanners.facts import Pipeline, Step
from scanners.inventory.formats.tree import as_map, as_seq, as_text, as_texts
from scanners.inventory.workflows import base
from scanners.inventory.workflows.base import ReadText
from scanners.lazy import lazy_re

PROVIDER = "appveyor"
NAME = lazy_re(r"^\.?appveyor\.ya?ml$")

_PHASES = (
    "init", "install", "before_build", "build_script", "after_build", "before_test", "test_script",
    "after_test", "before_deploy", "deploy_script", "after_deploy", "on_success", "on_finish",
)  # fmt: skip


def parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    documents = base.load_all(path, text)
    root = as_map(documents[0] if documents else None)
    if isinstance(documents[0] if documents else None, list):
        root = as_map(as_seq(documents[0])[0] if documents[0] else None)
    if not root:
        raise base.WorkflowError(f"{path} cannot be parsed: it does not hold a mapping")
    branches = as_map(root.get("branches"))
    only = as_texts(branches.get("only")) or base.except_branches(as_texts(branches.get("except")))
    reach = base.scope(["push", "pull_request"], only)
    steps = [step for phase in _PHASES for step in base.script(root, phase, path=path, job=phase)]
    if "test_script" not in root and as_text(root.get("test")) not in ("off", "false"):
        line = root.lines.get("test", root.line or 1)
        if "build" in root and as_text(root["build"]) not in ("off", "false"):
            steps.append(Step(path, line, "test_script", "", "vstest.console"))
    for item in as_seq(root.get("deploy")):
        table = as_map(item)
        if uses := as_text(table.get("provider")):
            steps.append(
                Step(path, table.lines["provider"], "deploy", "", "", uses, base.arguments_of(table))
            )
    return base.assemble(
        path, PROVIDER, ((step, reach) for step in steps), as_texts(root.get("services")), reach
    )
