"""What a command really runs: scripts of task runners and of the repository, as text after the command."""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from scanners.inventory.taskfiles import data, make, python, ruby_elixir
from scanners.inventory.taskfiles.commands import MAX_SCRIPT, commands, stripped, within
from scanners.inventory.taskfiles.packages import Packages

ReadText = Callable[[str], str | None]
Found = tuple[str, str, str]
"""A key that tells one task from another, its text, the folder it runs in."""

MAX_TEXT = 64 * 1024
"""Characters that one command may grow to."""
MAX_TASKS = 100
"""Tasks that one command may run, over all levels."""
MAX_LEVEL = 8
"""How far tasks that call tasks are followed."""
MAX_SCRIPTS = 3
"""How far scripts that call scripts are followed."""

_SHELLS = frozenset(["bash", "sh", "zsh", "dash", "ksh", "source", ".", "pwsh", "powershell"])
_SCRIPT_ENDINGS = (".sh", ".bash", ".zsh", ".ps1", ".bat", ".cmd")
_NOT_SCRIPTS = frozenset(
    ["rails", "rake", "rspec", "bundle", "gradlew", "mvnw", "manage.py", "artisan", "gradlew.bat", "mvnw.cmd"]
)
_NOX_VALUED = frozenset(["-s", "--session", "--sessions", "-e"])
_PROJECT_RUNNERS = {"hatch": "run", "pdm": "run", "rye": "run", "pixi": "run", "poe": "", "task": ""}


class TaskRunners:
    """Looks up what commands call; files are read and parsed once, when first needed.

    ``paths`` lists the tree where it is known: a command for all packages of a monorepo needs it.
    """

    def __init__(self, read: ReadText, paths: Iterable[str] = ()) -> None:
        self._read_file = read
        self._paths = tuple(paths)
        self._texts: dict[str, str | None] = {}
        self._tables: dict[tuple[str, str], dict[str, str]] = {}
        self._packages = Packages(self._read, self._paths)

    @classmethod
    def from_files(cls, files: Mapping[str, str] | ReadText) -> "TaskRunners":
        """Over files at hand, or over a function that reads one."""
        return cls(files.get, files) if isinstance(files, Mapping) else cls(files)

    def expand(self, command: str, directory: str = "") -> str:
        """The command, followed on lines of its own by the texts of what it calls."""
        seen: set[str] = set()
        parts = [command]
        size = len(command)
        for text in self._called(command, directory, 0, 0, seen):
            size += len(text) + 1
            if size > MAX_TEXT:
                break
            parts.append(text)
        return "\n".join(parts)

    def _called(self, text: str, directory: str, level: int, scripts: int, seen: set[str]) -> Iterator[str]:
        if level >= MAX_LEVEL:
            return
        for command in commands(text, directory):
            for words in stripped(command.words):
                for key, body, place in self._lookup(words, command.directory):
                    is_script = key.startswith("script:")
                    if key in seen or len(seen) >= MAX_TASKS or (is_script and scripts >= MAX_SCRIPTS):
                        continue
                    seen.add(key)
                    if not key.startswith("inline:"):
                        yield body
                    yield from self._called(body, place, level + 1, scripts + is_script, seen)

    def _lookup(self, words: tuple[str, ...], directory: str) -> Iterator[Found]:
        first = words[0]
        tool = posixpath.basename(first)
        called = self._packages.called((tool, *words[1:]), directory)
        if called is not None:
            yield from self._scripts_of_packages(called.names, called.directories)
            if called.rest:
                for place in called.directories:
                    line = " ".join(called.rest)
                    yield f"inline:{place}:{line}", line, place
        elif tool in ("make", "gmake"):
            yield from self._make(words[1:], directory)
        elif tool in ("just", "rake", "mix", "composer", "deno", "go-task"):
            yield from self._named(tool, words[1:], directory)
        elif tool == "tox":
            yield from self._tox(words[1:], directory)
        elif tool in ("nox", "invoke", "inv"):
            yield from self._sessions(tool, words[1:], directory)
        elif tool == "pre-commit" and words[1:2] == ("run",):
            yield from self._hooks(directory)
        elif tool in _SHELLS:
            yield from self._shell(words[1:], directory)
        if tool in _PROJECT_RUNNERS:
            yield from self._project_script(tool, words[1:], directory)
            if tool == "task":
                yield from self._named("go-task", words[1:], directory)
        elif first in ("pipenv", "poetry", "uv") and words[1:2] == ("run",):
            yield from self._project_script(first, words[1:], directory)
        if "/" in first or first.endswith(_SCRIPT_ENDINGS):
            yield from self._script(first, directory)

    def _scripts_of_packages(self, names: tuple[str, ...], directories: tuple[str, ...]) -> Iterator[Found]:
        for place in directories:
            tasks = self._packages.tasks(place)
            for pattern in names:
                matching = (
                    [pattern]
                    if pattern in tasks
                    else [n for n in tasks if "*" in pattern and fnmatchcase(n, pattern)]
                )
                for name in matching:
                    yield f"npm:{place}:{name}", tasks[name], place

    def _make(self, words: tuple[str, ...], directory: str) -> Iterator[Found]:
        targets: list[str] = []
        names: tuple[str, ...] = ("GNUmakefile", "makefile", "Makefile")
        index = 0
        while index < len(words):
            word = words[index]
            index += 1
            if word in ("-C", "--directory", "-f", "--file", "--makefile") and index < len(words):
                if word in ("-C", "--directory"):
                    directory = within(directory, words[index])
                else:
                    names = (words[index],)
                index += 1
            elif word.startswith("--directory="):
                directory = within(directory, word.partition("=")[2])
            elif not word.startswith("-") and "=" not in word:
                targets.append(word)
        for name in names:
            path = within(directory, name)
            tasks = self._table("make", path, lambda text: make.makefile_tasks(text, directory, self._read))
            if tasks:
                for target in targets or [""]:
                    if target in tasks:
                        yield f"make:{path}:{target}", tasks[target], directory
                return

    def _named(self, tool: str, words: tuple[str, ...], directory: str) -> Iterator[Found]:
        """Runners whose task files hold names and bodies and nothing more."""
        plain = [word for word in words if not word.startswith("-") and "=" not in word]
        if tool == "composer":
            plain = plain[1:2] if plain[:1] in (["run"], ["run-script"]) else plain[:1]
        elif tool == "deno":
            plain = plain[1:2] if plain[:1] == ["task"] else []
        elif tool == "mix":
            plain = plain[1:] if plain[:1] == ["do"] else plain[:1]
        plain = [word.split("[")[0].rstrip(",") for word in plain]
        for path, tasks in self._task_files(tool, directory):
            for name in plain or ([""] if tool in ("just", "rake", "go-task") else []):
                if name in tasks:
                    yield f"{tool}:{path}:{name}", tasks[name], directory

    def _task_files(self, tool: str, directory: str) -> Iterator[tuple[str, dict[str, str]]]:
        readers: dict[str, tuple[tuple[str, ...], Callable[[str, str], dict[str, str]]]] = {
            "just": (("justfile", "Justfile", ".justfile"), lambda path, text: make.justfile_tasks(text)),
            "go-task": (
                ("Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "Taskfile.dist.yml"),
                lambda path, text: data.taskfile_tasks(data.yaml_map(path, text)),
            ),
            "rake": (
                ("Rakefile", "rakefile", "Rakefile.rb"),
                lambda path, text: ruby_elixir.rake_tasks(text),
            ),
            "mix": (("mix.exs",), lambda path, text: ruby_elixir.mix_tasks(text)),
            "composer": (
                ("composer.json",),
                lambda path, text: data.composer_tasks(data.json_map(path, text)),
            ),
            "deno": (
                ("deno.json", "deno.jsonc"),
                lambda path, text: data.deno_tasks(data.json_map(path, text)),
            ),
        }
        names, reader = readers[tool]
        found = [within(directory, name) for name in names]
        if tool == "rake":
            found += [
                p
                for p in self._paths
                if p.startswith(within(directory, "lib/tasks") + "/") and p.endswith(".rake")
            ]
        for path in found:
            yield path, self._table(tool, path, partial(reader, path))

    def _tox(self, words: tuple[str, ...], directory: str) -> Iterator[Found]:
        tasks: dict[str, str] = {}
        for name in ("tox.ini", "setup.cfg", "tox.toml", "pyproject.toml"):
            path = within(directory, name)
            tasks = tasks or self._table("tox", path, partial(python.tox_tasks, path))
        chosen: list[str] = []
        for index, word in enumerate(words):
            if word in ("-e", "--env") and index + 1 < len(words):
                chosen += words[index + 1].split(",")
            elif word.startswith("-e") and len(word) > 2 and not word.startswith("--"):
                chosen += word[2:].lstrip("=").split(",")
        wanted = [name if name in tasks else "" for name in chosen if name] or list(tasks)
        for name in dict.fromkeys(wanted):
            if name in tasks:
                yield f"tox:{directory}:{name}", tasks[name], directory

    def _sessions(self, tool: str, words: tuple[str, ...], directory: str) -> Iterator[Found]:
        path = within(directory, "noxfile.py" if tool == "nox" else "tasks.py")
        tasks = self._table(tool, path, python.session_tasks)
        if tool == "nox":
            start = next((i for i, w in enumerate(words) if w.split("=")[0] in _NOX_VALUED), None)
            chosen = [] if start is None else [words[start].partition("=")[2], *words[start + 1 :]]
        else:
            chosen = list(words)
        names = [word.split("(")[0].split("-3")[0] for word in chosen if word and not word.startswith("-")]
        names += [name.replace("-", "_") for name in names]
        for name in dict.fromkeys(names or ([""] if tool == "nox" else [])):
            if name in tasks:
                yield f"{tool}:{path}:{name}", tasks[name], directory

    def _project_script(self, tool: str, words: tuple[str, ...], directory: str) -> Iterator[Found]:
        """Scripts of a pyproject.toml, hatch.toml, pixi.toml or Pipfile."""
        lead = _PROJECT_RUNNERS.get(tool, "run")
        plain = [word for word in words if not word.startswith("-")]
        if lead:
            if plain[:1] == [lead]:
                plain = plain[1:]
            elif tool not in ("pdm", "hatch"):
                return
        for name in plain[:1]:
            for path, tables in self._project_tables(directory):
                if name in (tasks := tables.get(tool, {})):
                    yield f"{tool}:{path}:{name}", tasks[name], directory

    def _project_tables(self, directory: str) -> Iterator[tuple[str, dict[str, dict[str, str]]]]:
        wrap: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "pyproject.toml": lambda table: table,
            "hatch.toml": lambda table: {"tool": {"hatch": table}},
            "pixi.toml": lambda table: {"tool": {"pixi": table}},
            "Pipfile": lambda table: {"tool": {"pdm": {"scripts": table.get("scripts")}}},
        }
        for name, nested in wrap.items():
            path = within(directory, name)
            text = self._read(path)
            if text is None:
                continue
            tables = python.script_tables(nested(data.toml_table(path, text)))
            yield path, {"pipenv": tables["pdm"]} if name == "Pipfile" else tables

    def _hooks(self, directory: str) -> Iterator[Found]:
        path = within(directory, ".pre-commit-config.yaml")
        text = self._read(path)
        if text is not None and (body := data.hooks_text(data.yaml_map(path, text))):
            yield f"hooks:{path}", body, directory

    def _shell(self, words: tuple[str, ...], directory: str) -> Iterator[Found]:
        for index, word in enumerate(words):
            if word.startswith("-") and not word.startswith("--") and word.endswith("c"):
                for line in words[index + 1 : index + 2]:
                    yield f"inline:{directory}:{line}", line, directory
                return
            if not word.startswith(("-", "+")):
                yield from self._script(word, directory, known=True)
                return

    def _script(self, name: str, directory: str, known: bool = False) -> Iterator[Found]:
        """A script of the repository; ``known`` where a shell was told to run it."""
        for start in (
            "$GITHUB_WORKSPACE/",
            "${GITHUB_WORKSPACE}/",
            "$CI_PROJECT_DIR/",
            "${{ github.workspace }}/",
        ):
            if name.startswith(start):
                name, directory = name.removeprefix(start), ""
        if "$" in name or name.startswith(("/", "~")) or posixpath.basename(name) in _NOT_SCRIPTS:
            return
        path = within(directory, name)
        text = self._read(path) if path else None
        if text is None or len(text) > MAX_SCRIPT or "\x00" in text[:1024]:
            return
        first = text.split("\n", 1)[0]
        is_shell = known or path.endswith(_SCRIPT_ENDINGS) or (first.startswith("#!") and "sh" in first)
        if is_shell or (first.startswith("#!") and "python" not in first):
            yield f"script:{path}", text.rstrip(), directory

    def _read(self, path: str) -> str | None:
        if path not in self._texts:
            self._texts[path] = self._read_file(path)
        return self._texts[path]

    def _table(self, tool: str, path: str, parse: Callable[[str], dict[str, str]]) -> dict[str, str]:
        key = (tool, path)
        if key not in self._tables:
            text = self._read(path)
            self._tables[key] = parse(text[: 1 << 20]) if text is not None else {}
        return self._tables[key]
