"""sr.ht builds: named tasks, each one script."""

from scanners.facts import Pipeline, Step
from scanners.inventory.formats.tree import as_map, as_seq
from scanners.inventory.workflows import base
from scanners.inventory.workflows.base import ReadText
from scanners.lazy import lazy_re

PROVIDER = "sourcehut"
NAME = lazy_re(r"^(\.build|\.builds/[^/]+)\.ya?ml$")


def parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    root = base.load(path, text)
    steps: list[Step] = []
    for item in as_seq(root.get("tasks")):
        for name in as_map(item):
            steps += base.script(item, name, path=path, job=name, name=name)
    reach = base.scope(["push"])
    return base.assemble(path, PROVIDER, ((step, reach) for step in steps), default=reach)
