"""Task files that are data: package.json, composer.json, deno.json, Taskfile.yml, pre-commit hooks."""

from typing import Any

from scanners.inventory.formats import jsontree, tomltree, yamltree
from scanners.inventory.formats.tree import Map, SettingsError, as_map, as_seq, as_text, as_texts


def json_map(path: str, text: str) -> Map:
    """The object in ``text``, empty where it is broken."""
    try:
        return as_map(jsontree.document(path, text))
    except SettingsError:
        return Map()


def yaml_map(path: str, text: str) -> Map:
    """The first mapping in ``text``, empty where it is broken."""
    try:
        return next((d for d in yamltree.documents(path, text) if isinstance(d, Map)), Map())
    except SettingsError:
        return Map()


def toml_table(path: str, text: str) -> dict[str, Any]:
    """The table in ``text``, empty where it is broken."""
    try:
        return tomltree.load(path, text)
    except SettingsError:
        return {}


def node_tasks(package: Map) -> dict[str, str]:
    """Scripts of a package.json, the pre and post scripts around each."""
    scripts = {name: as_text(body) for name, body in as_map(package.get("scripts")).items()}
    return {
        name: "\n".join(
            part for part in (scripts.get(f"pre{name}"), body, scripts.get(f"post{name}")) if part
        )
        for name, body in scripts.items()
    }


def project_tasks(project: Map) -> dict[str, str]:
    """Targets of an Nx project.json: their commands, else the executor's name."""
    out = {}
    for name, body in as_map(project.get("targets")).items():
        options = as_map(as_map(body).get("options"))
        lines = [as_text(as_map(body).get("command")), as_text(options.get("command"))]
        lines += [as_text(c) or as_text(as_map(c).get("command")) for c in as_seq(options.get("commands"))]
        lines.append(as_text(as_map(body).get("executor")))
        out[name] = "\n".join(line for line in lines if line)
    return out


def composer_tasks(manifest: Map) -> dict[str, str]:
    """Scripts of a composer.json, references to other scripts as ``composer`` calls."""
    out = {}
    for name, body in as_map(manifest.get("scripts")).items():
        lines = []
        for line in as_texts(body):
            head, _, rest = line.partition(" ")
            if head in ("@php", "@composer"):
                line = f"{head[1:]} {rest}"
            elif head.startswith("@"):
                line = "" if head == "@putenv" else f"composer {line[1:]}"
            lines.append(line)
        out[name] = "\n".join(line for line in lines if line)
    return out


def taskfile_tasks(root: Map) -> dict[str, str]:
    """Tasks of a Taskfile, dependencies and calls as ``task`` calls; ``default`` also under an empty name."""
    out: dict[str, str] = {}
    for name, body in as_map(root.get("tasks")).items():
        table = as_map(body)
        lines = [
            f"task {d}"
            for d in (as_text(i) or as_text(as_map(i).get("task")) for i in as_seq(table.get("deps")))
            if d
        ]
        commands = as_seq(table.get("cmds", table.get("cmd"))) if table else as_seq(body)
        for command in commands:
            inner = as_map(command)
            called = as_text(inner.get("task"))
            lines.append(as_text(command) or (f"task {called}" if called else as_text(inner.get("cmd"))))
        if place := as_text(table.get("dir")):
            lines.insert(0, f"cd {place}")
        out[name] = "\n".join(line for line in lines if line)
        for alias in as_texts(table.get("aliases")):
            out.setdefault(alias, out[name])
    if "default" in out:
        out[""] = out["default"]
    return out


def deno_tasks(root: Map) -> dict[str, str]:
    """Tasks of a deno.json."""
    tasks = as_map(root.get("tasks"))
    return {name: as_text(body) or as_text(as_map(body).get("command")) for name, body in tasks.items()}


def hooks_text(root: Map) -> str:
    """What pre-commit would run: entry or name of each hook, a line each."""
    lines = []
    for repository in as_seq(root.get("repos")):
        for hook in as_seq(as_map(repository).get("hooks")):
            table = as_map(hook)
            words = [as_text(table.get("entry")) or as_text(table.get("id")), *as_texts(table.get("args"))]
            lines.append(" ".join(word for word in words if word))
    return "\n".join(lines)
