"""Container files: Dockerfiles as stages and instructions, compose files as services."""

import re

from scanners.inventory.formats.tree import MAX_CHARACTERS, Map, as_map, as_seq, as_text, as_texts
from scanners.inventory.formats.yamltree import documents
from scanners.lazy import lazy_re
from scanners.values import dataclass

_DOCKERFILE = lazy_re(
    r"(^|/)((docker|container)file([._-][\w.-]+)?|[\w.-]+\.(docker|container)file)$", re.IGNORECASE
)
_NOT_DOCKERFILE = lazy_re(
    r"\.(dockerignore|md|txt|py|js|ts|go|rb|java|php|json|ya?ml|sh|html)$", re.IGNORECASE
)
_COMPOSE = lazy_re(
    r"(^|/)((docker-)?compose([._-][\w.-]+)?|[\w.-]+[._-](docker-)?compose)\.ya?ml$", re.IGNORECASE
)
_INSTRUCTION = lazy_re(r"^\s*([A-Za-z]+)(?:\s+([\s\S]*))?$")
_HEREDOC = lazy_re(r"<<-?([\"']?)([A-Za-z_]\w*)\1")
_FROM = lazy_re(r"^(?:--\S+\s+)*(\S+)(?:\s+as\s+(\S+))?", re.IGNORECASE)
_KNOWN = frozenset(
    ["FROM", "RUN", "CMD", "LABEL", "MAINTAINER", "EXPOSE", "ENV", "ADD", "COPY", "ENTRYPOINT", "VOLUME",
     "USER", "WORKDIR", "ARG", "ONBUILD", "STOPSIGNAL", "HEALTHCHECK", "SHELL"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, continued lines joined; ``stage`` is the index of its stage, -1 before the first."""

    name: str
    value: str
    line: int
    stage: int


@dataclass(frozen=True, slots=True)
class Stage:
    """One ``FROM``: the base as written, its name where it has one."""

    base: str
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A Dockerfile. What holds in the running container is asked of the last stage and those it builds on."""

    path: str
    stages: tuple[Stage, ...]
    instructions: tuple[Instruction, ...]

    @property
    def external_bases(self) -> tuple[Stage, ...]:
        """Stages that start from an image rather than from an earlier stage."""
        names: set[str] = set()
        found = []
        for stage in self.stages:
            if stage.base.lower() not in names:
                found.append(stage)
            names.add(stage.name.lower())
        return tuple(found)

    @property
    def has_source_copy(self) -> bool:
        """Whether files of the repository are copied in, into whatever stage."""
        return any(i.name in ("COPY", "ADD") and "--from=" not in i.value for i in self.instructions)

    @property
    def user(self) -> Instruction | None:
        return self.last("USER")

    @property
    def healthcheck(self) -> Instruction | None:
        return self.last("HEALTHCHECK")

    @property
    def entrypoint(self) -> Instruction | None:
        """The ``ENTRYPOINT`` in force, else the ``CMD``."""
        return self.last("ENTRYPOINT") or self.last("CMD")

    def last(self, name: str) -> Instruction | None:
        """The instruction in force in the final image."""
        lineage = self._lineage()
        for stage in lineage:
            found = [i for i in self.instructions if i.stage == stage and i.name == name]
            if found:
                return found[-1]
        return None

    def _lineage(self) -> list[int]:
        """The last stage, then the stages it is built on."""
        lineage: list[int] = []
        index = len(self.stages) - 1
        while index >= 0:
            lineage.append(index)
            base = self.stages[index].base.lower()
            index = next((i for i in range(index - 1, -1, -1) if self.stages[i].name.lower() == base), -1)
        return lineage


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a compose file. ``build`` is its context, ``environment`` the names only."""

    name: str
    image: str
    build: str
    line: int
    environment: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    healthcheck: str = ""
    command: str = ""
    ports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compose:
    """A compose file's services, in file order."""

    path: str
    services: tuple[Service, ...]


def is_dockerfile(path: str) -> bool:
    """Whether the name is that of a Dockerfile; ``Dockerfile.dockerignore`` is not one."""
    return bool(_DOCKERFILE.search(path)) and not _NOT_DOCKERFILE.search(path)


def is_compose(path: str) -> bool:
    """Whether the name is that of a compose file."""
    return bool(_COMPOSE.search(path))


def parse_dockerfile(path: str, text: str) -> Dockerfile:
    """Stages and instructions; unknown lines are passed over, so nothing is raised."""
    stages: list[Stage] = []
    instructions: list[Instruction] = []
    lines = text[:MAX_CHARACTERS].splitlines()
    escape = "`" if re.match(r"(?is)\s*(#[^\n]*\n)*#\s*escape\s*=\s*`", text[:500]) else "\\"
    index = 0
    while index < len(lines):
        start = index
        parts: list[str] = []
        while index < len(lines):
            line = lines[index]
            index += 1
            if line.lstrip().startswith("#") or (parts and not line.strip()):
                continue
            if line.rstrip().endswith(escape):
                parts.append(line.rstrip()[:-1])
                continue
            parts.append(line)
            break
        if not parts:
            continue
        logical = "\n".join(parts)
        match = _INSTRUCTION.match(logical)
        name = match[1].upper() if match else ""
        if match is None or name not in _KNOWN:
            continue
        value = (match[2] or "").strip()
        if name in ("RUN", "COPY", "ADD"):
            for heredoc in _HEREDOC.finditer(value):
                value, index = _heredoc(value, lines, index, heredoc[2])
        while not lines[start].strip() or lines[start].lstrip().startswith("#"):
            start += 1
        if name == "FROM" and (base := _FROM.match(value)):
            stages.append(Stage(base[1], base[2] or "", start + 1))
        instructions.append(Instruction(name, value, start + 1, len(stages) - 1))
    return Dockerfile(path, tuple(stages), tuple(instructions))


def _heredoc(value: str, lines: list[str], index: int, mark: str) -> tuple[str, int]:
    body: list[str] = []
    while index < len(lines) and lines[index].strip() != mark:
        body.append(lines[index])
        index += 1
    return "\n".join([value, *body]), min(index + 1, len(lines))


def parse_compose(path: str, text: str) -> Compose:
    """The services; raises SettingsError for what is broken or out of bounds."""
    found: list[Service] = []
    for document in documents(path, text):
        root = as_map(document)
        services = root.get("services")
        if (
            services is None
            and root
            and all(isinstance(v, Map) and ("image" in v or "build" in v) for v in root.values())
        ):
            services = root  # the first format had services at the top
        table = as_map(services)
        found += [_service(name, as_map(body), table.lines.get(name, 1)) for name, body in table.items()]
    return Compose(path, tuple(found))


def _service(name: str, body: Map, line: int) -> Service:
    build = body.get("build")
    return Service(
        name=name,
        image=as_text(body.get("image")),
        build=as_text(build)
        or (as_text(as_map(build).get("context")) or "." if isinstance(build, Map) else ""),
        line=line,
        environment=tuple(key for key, _ in _pairs(body.get("environment"))),
        labels=_pairs(body.get("labels")),
        healthcheck=_words(as_map(body.get("healthcheck")).get("test")),
        command=_words(body.get("command")),
        ports=as_texts(body.get("ports")),
    )


def _pairs(node: object) -> tuple[tuple[str, str], ...]:
    """Names and values, written as a mapping or as a list of ``NAME=value``."""
    if isinstance(node, Map):
        return tuple((key, as_text(value)) for key, value in node.items())
    split = (text.partition("=") for text in as_texts(node))
    return tuple((key, value) for key, _, value in split)


def _words(node: object) -> str:
    return " ".join(item for item in as_seq(node) if isinstance(item, str))
