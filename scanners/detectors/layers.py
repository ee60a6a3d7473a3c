"""Which layers the modules of a backend show, by the words in their names."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from scanners.classify import role_of
from scanners.detectors.base import Facts
from scanners.detectors.structure import written_lines
from scanners.facts import Answer, Evidence
from scanners.lazy import lazy_re

if TYPE_CHECKING:
    from scanners.view import TreeView

_WORDS = {
    "handling": (
        "controller controllers route routes router routers routing view views viewset viewsets handler handlers endpoint "
        "endpoints resource resources resolver resolvers api apis rest web http rpc grpc delivery transport blueprint "
        "blueprints pages presentation httpserver httpapi ui live restapi"
    ),
    "data": (
        "model models entity entities db database databases persistence storage store stores orm tables data dao daos "
        "infrastructure infra prisma datastore dal schema sql sqlstore postgres mysql sqlite mongo context"
    ),
    "repository": "crud repository repositories repo repos repositoryimpl mapper mappers gateway gateways queries query",
    "service": (
        "service services usecase usecases interactor interactors manager managers business logic jobs job task "
        "tasks worker workers mailers policies commands operations actions action facade biz serviceimpl"
    ),
    "domain": "domain aggregate aggregates",
    "schema": (
        "schemas serializer serializers serialization dto dtos form forms request requests response responses transformer "
        "transformers validator validators presenters presenter decorators viewmodels payload payloads renderers filters "
        "marshmallow converters assembler interfaces"
    ),
}
_LAYER_OF = {word: layer for layer, words in _WORDS.items() for word in words.split()}
_FOLDERS = {"application": "service", "contexts": "service"}
"""Words that name a layer as a folder only."""
_JOINED = {
    ("use", "case"): "usecase",
    ("use", "cases"): "usecases",
    ("data", "base"): "database",
    ("view", "set"): "viewset",
}
_SPLIT = lazy_re(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")
_FRONT_END = lazy_re(
    r"(^|/)(frontend|front-end|client|clientapp|webapp|ui|webui|web-ui|assets|static|public|wwwroot|mobile)/"
    r".*\.(jsx?|tsx?|mjs|vue|svelte)$|\.(vue|svelte|astro)$",
    re.IGNORECASE,
)


@lru_cache(maxsize=65536)
def _layer_of_part(part: str) -> str:
    """The layer that the last telling word of one path component names, or ""."""
    words = [word.lower() for word in _SPLIT.split(part) if word]
    for index in range(len(words) - 1, -1, -1):
        joined = _JOINED.get((words[index - 1], words[index]), "") if index else ""
        layer = _LAYER_OF.get(joined or words[index])
        if layer:
            return layer
    return ""


def layer_of(path: str) -> str:
    """The layer of one file: its own name first, then its folders from the nearest up; "" where none tells."""
    parts = re.sub(r"^.*/src/main/(java|kotlin|scala|groovy)/", "", path).split("/")
    parts[-1] = parts[-1].split(".")[0] if parts[-1].count(".") == 1 else parts[-1].rpartition(".")[0]
    for part in reversed(parts):
        layer = _FOLDERS.get(part.lower(), "") if part is not parts[-1] else ""
        layer = layer or _layer_of_part(part)
        if layer:
            return layer
    return ""


def is_front_end(path: str) -> bool:
    """True for browser code of a repository that also holds a backend: it has components, not layers."""
    return bool(_FRONT_END.search(path))


class Layers:
    """Found where request handling has modules of its own beside at least two other layers, one of which holds data.

    ``value`` is the number of layers. Front-end code is left out: it has components, not layers of a backend.
    """

    name = "layers"
    version = 1
    languages: frozenset[str] = frozenset()
    roles = frozenset(["source"])
    gate = ""

    def observe(self, data: bytes, language: str) -> Any | None:
        return None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        files: dict[str, list[tuple[int, str]]] = {}
        for path, lines in written_lines(view).items():
            if role_of(path) == "source" and lines >= 3 and not is_front_end(path):
                layer = layer_of(path)
                if layer:
                    files.setdefault(layer, []).append((lines, path))
        if any(e.path.endswith("schema.prisma") for e in view.entries):
            files.setdefault("data", [])
        others = files.keys() - {"handling"}
        complete = (
            "handling" in files and len(others) >= 2 and bool(others & {"data", "repository", "domain"})
        )
        if not complete:
            return Answer(value=float(len(files)))
        order = ("handling", "service", "repository", "data", "domain", "schema")
        evidence = tuple(
            Evidence(max(files[layer])[1], 1, note=f"layer: {layer}") for layer in order if files.get(layer)
        )
        return Answer(evidence[:4], count=len(files), files=len(evidence), value=float(len(files)))
