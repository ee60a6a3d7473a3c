"""Whether what a build takes in is named by a hash: actions by commit, base images by digest."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from scanners.classify import role_of
from scanners.detectors.base import Facts
from scanners.detectors.workflow_risks import MAX_PLACES, InWorkflows
from scanners.facts import Answer, Evidence
from scanners.inventory.containers import Dockerfile
from scanners.lazy import lazy_re

if TYPE_CHECKING:
    from scanners.view import TreeView

_HASH = lazy_re(r"@(?:[0-9a-f]{40}|[0-9a-f]{64}|sha256:[0-9a-f]{64})$")
_BY_TAG_ONLY = "slsa-framework/slsa-github-generator/"
"""Its workflows verify themselves by their tag and refuse to run by commit."""
_OWN = ("./", "$")
_VARIABLE = lazy_re(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")
_FOR_DEVELOPMENT = lazy_re(r"(^|/)\.(devcontainer|gitpod)")
_FROM_IMAGE = lazy_re(r"--from=(\S+)")


def _is_githubs(used: str) -> bool:
    return used.startswith(("actions/", "github/"))


def _actions(*, githubs: bool, pinned: bool) -> InWorkflows:
    def places(facts: dict[str, Any]) -> Iterable[tuple[int, str]]:
        for line, used in facts["uses"]:
            if used.startswith((*_OWN, _BY_TAG_ONLY)) or "@" not in used and not used.startswith("docker://"):
                continue
            if _is_githubs(used) == githubs and bool(_HASH.search(used)) == pinned:
                yield line, ""

    owner, state = "github" if githubs else "third-party", "pinned" if pinned else "unpinned"
    return InWorkflows(f"{owner}-actions-{state}", places, actions=True)


def action_pins() -> tuple[InWorkflows, ...]:
    """Uses of actions by commit and by a name that can move, of GitHub's own and of others apart."""
    return tuple(_actions(githubs=g, pinned=p) for g in (True, False) for p in (True, False))


class ImagePins:
    """Images that Dockerfiles build on, by digest (``pinned``) or not; ``FROM scratch`` and stages are none.

    Left out: Dockerfiles of tests, examples and development containers, names that only a build argument without
    default could complete, and what an earlier step pushed to the machine's own registry.
    """

    version = 1
    languages: frozenset[str] = frozenset()
    roles = frozenset(["source"])
    gate = ""

    def __init__(self, *, pinned: bool) -> None:
        self.name = "images-pinned" if pinned else "images-unpinned"
        self._pinned = pinned

    def observe(self, data: bytes, language: str) -> Any | None:
        return None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        found = [
            Evidence(file.path, line)
            for file in view.inventory.dockerfiles
            if role_of(file.path) == "source" and not _FOR_DEVELOPMENT.search(file.path)
            for line, image in _images(file)
            if bool(_HASH.search(image)) == self._pinned
        ]
        return Answer(tuple(found[:MAX_PLACES]), len(found), len({e.path for e in found}))


def _images(file: Dockerfile) -> Iterator[tuple[int, str]]:
    defaults: dict[str, str] = {}
    for instruction in file.instructions:
        if instruction.name == "ARG" and instruction.stage == -1:
            name, given, value = instruction.value.partition("=")
            if given:
                defaults[name.strip()] = value.strip().strip("\"'")
    stages = {stage.name.lower() for stage in file.stages} | {str(n) for n in range(len(file.stages))}
    written = [(stage.line, stage.base) for stage in file.external_bases]
    for instruction in file.instructions:
        if instruction.name == "COPY" and (match := _FROM_IMAGE.search(instruction.value)):
            written.append((instruction.line, match[1]))
    for line, base in written:
        image = _VARIABLE.sub(lambda m: defaults.get(m[1] or m[3], m[2] or m[0]), base)
        if (
            "$" not in image
            and image.lower() not in stages | {"scratch"}
            and not image.startswith("localhost")
        ):
            yield line, image


def image_pins() -> tuple[ImagePins, ImagePins]:
    """Base images by digest, and those by a tag that can move."""
    return ImagePins(pinned=True), ImagePins(pinned=False)
