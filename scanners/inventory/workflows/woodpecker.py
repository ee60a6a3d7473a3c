"""Woodpecker: one file for each workflow."""

from scanners.facts import Pipeline
from scanners.inventory.workflows import base, drone
from scanners.inventory.workflows.base import ReadText
from scanners.lazy import lazy_re

PROVIDER = "woodpecker"
NAME = lazy_re(r"^(\.woodpecker\.ya?ml|\.woodpecker/.+\.ya?ml)$")


def parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    root = base.load(path, text)
    reach = drone.narrowed(root.get("when", root.get("branches")), base.EVERY_PUSH)
    scoped = drone.steps(root, "", path, reach)
    return base.assemble(path, PROVIDER, scoped, drone.images(root.get("services")), reach)
