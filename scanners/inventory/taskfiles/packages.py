"""The packages of a JavaScript repository and which of their scripts a command runs."""

import posixpath
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from scanners.inventory.formats.tree import Map, as_text
from scanners.inventory.taskfiles import data
from scanners.inventory.taskfiles.commands import within
from scanners.values import dataclass

MAX_PACKAGES = 200

_VALUED = frozenset(
    ["--prefix", "--cwd", "-C", "--dir", "--filter", "-F", "--workspace", "--scope", "-p", "--projects"]
)
_PLACES = frozenset(["--prefix", "--cwd", "-C", "--dir"])
_ALL = frozenset(["-r", "--recursive", "--workspaces", "-ws"])
_NPM_NAMES = {"t": "test", "tst": "test", "it": "test", "install-test": "test", "cit": "test"}


@dataclass(frozen=True, slots=True)
class Called:
    """Script names (globs allowed), the packages they are asked of, and what else the command may run."""

    names: tuple[str, ...]
    directories: tuple[str, ...]
    rest: tuple[str, ...] = ()


class Packages:
    """Every package.json and project.json of a tree, read when asked for."""

    def __init__(self, read: Callable[[str], str | None], paths: Iterable[str]) -> None:
        self._read = read
        files = [
            p for p in paths if "node_modules/" not in p and p.endswith(("package.json", "project.json"))
        ]
        names = {"package.json", "project.json"}
        self._directories = tuple(
            dict.fromkeys(posixpath.dirname(p) for p in files if posixpath.basename(p) in names)
        )
        self._tasks: dict[str, dict[str, str]] = {}
        self._names: dict[str, str] = {}

    def tasks(self, directory: str) -> dict[str, str]:
        """The scripts of one package, empty where there is none."""
        if directory not in self._tasks:
            package, project = self._load(directory, "package.json"), self._load(directory, "project.json")
            self._names[directory] = as_text(package.get("name")) or as_text(project.get("name"))
            self._tasks[directory] = data.project_tasks(project) | data.node_tasks(package)
        return self._tasks[directory]

    def _load(self, directory: str, name: str) -> Map:
        path = posixpath.join(directory, name)
        text = self._read(path)
        return Map() if text is None else data.json_map(path, text)

    def everywhere(self) -> tuple[str, ...]:
        return self._directories[:MAX_PACKAGES]

    def named(self, name: str) -> tuple[str, ...]:
        """Folders of the packages that a filter means, by package name or by path."""
        plain = name.strip("'\"{}.^!").removeprefix("./").strip("/")
        found = []
        for directory in self.everywhere():
            self.tasks(directory)
            own = self._names[directory]
            if (
                fnmatchcase(own, plain)
                or directory == plain
                or posixpath.basename(directory) == plain
                or own.rpartition("/")[2] == plain
                or fnmatchcase(directory, plain)
            ):
                found.append(directory)
        return tuple(found)

    def called(self, words: tuple[str, ...], directory: str) -> Called | None:
        """What an npm, yarn, pnpm, bun, turbo, nx or lerna command runs; None for other commands."""
        tool = words[0]
        if tool in ("npm", "yarn", "pnpm", "bun"):
            return self._manager(tool, words[1:], directory)
        if tool in ("run-s", "run-p", "npm-run-all", "npm-run-all2"):
            return Called(tuple(w for w in words[1:] if not w.startswith("-")), (directory,))
        if tool == "concurrently":
            return Called(
                tuple(w.removeprefix("npm:") for w in words[1:] if w.startswith("npm:")), (directory,)
            )
        if tool in ("turbo", "lerna"):
            plain, places, _ = self._options(words[1:], directory)
            names = plain[1:] if plain[:1] == ("run",) else plain if tool == "turbo" else ()
            return Called(names, places if places != (directory,) else self.everywhere())
        if tool == "nx":
            return self._nx(words[1:])
        return None

    def _manager(self, tool: str, words: tuple[str, ...], directory: str) -> Called | None:
        plain, places, rest = self._options(words, directory, bare_workspace=tool == "pnpm")
        if not plain:
            return None
        first = plain[0]
        if first in ("workspaces", "recursive") or (tool == "yarn" and first == "workspace"):
            if first == "workspace":
                places, plain = self.named(plain[1]) if len(plain) > 1 else (), plain[2:]
            else:
                places, plain = self.everywhere(), plain[1:]
            plain = tuple(word for word in plain if word != "foreach")
            if not plain:
                return None
            first = plain[0]
        if first in ("run", "run-script", "rum"):
            return Called(plain[1:2], places)
        if first == "exec":
            return Called((), places, plain[1:] or rest)
        if tool == "npm":
            name = _NPM_NAMES.get(first, first)
            return Called((name,), places) if name in ("test", "start", "stop") else None
        if tool == "bun" and first == "test":
            return None
        return Called((_NPM_NAMES.get(first, first) if tool == "pnpm" else first,), places, plain)

    def _options(
        self, words: tuple[str, ...], directory: str, bare_workspace: bool = False
    ) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Plain words, the folders that the options choose, and what follows ``--``."""
        plain: list[str] = []
        places: list[str] = []
        index = 0
        while index < len(words):
            word = words[index]
            index += 1
            if word == "--":
                return tuple(plain), tuple(places) or (directory,), words[index:]
            if not word.startswith("-"):
                plain.append(word)
                continue
            option, equals, value = word.partition("=")
            takes = option in _VALUED or (option == "-w" and not bare_workspace)
            if takes and not equals and index < len(words):
                value = words[index]
                index += 1
            if option in _PLACES and value:
                places.append(within(directory, value))
            elif option in _ALL:
                places += self.everywhere()
            elif takes and value:
                places += self.named(value)
        return tuple(plain), tuple(dict.fromkeys(places)) or (directory,), ()

    def _nx(self, words: tuple[str, ...]) -> Called | None:
        if not words:
            return None
        names: list[str] = []
        for index, word in enumerate(words):
            option, _, value = word.partition("=")
            if option in ("-t", "--target", "--targets"):
                following = words[index + 1 :] if not value else ()
                until = next((i for i, w in enumerate(following) if w.startswith("-")), len(following))
                names += [*value.split(","), *(n for w in following[:until] for n in w.split(","))]
        if words[0] in ("run-many", "affected"):
            return Called(tuple(n for n in names if n), self.everywhere())
        if words[0] == "run" and len(words) > 1:
            project, _, target = words[1].partition(":")
            return Called((target.split(":")[0],), self.named(project))
        if words[0].startswith("-"):
            return None
        return Called((words[0],), self.named(words[1]) if len(words) > 1 else self.everywhere())
