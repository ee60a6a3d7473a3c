"""What a process that judges again and again prepares once: the expressions of every language, and the parsers.

Compiling them costs more than reading most repositories. A child that is forked afterwards finds them ready, where
one that is forked before compiles them for its one repository and takes them with it.

Each scan has a child of its own, which ends with it. One that lived on would spare some 30 ms of processor time for a
scan that reads files (``benchmarks/apart.py``), and three in four find nothing new and read none; but what a hostile
repository did to its memory would be there for the next one to be judged by.
"""

from functools import lru_cache

from scanners.cache import NoCache
from scanners.languages import _BY_NAME, _BY_SUFFIX
from scanners.lazy import compile_all
from scanners.matchers.code import find_lines
from scanners.observe import observer_for
from scanners.redact import prepare_redaction
from scanners.rules import Ruleset
from scanners.scan import scan
from scanners.tree import RepoTree

_FOLDERS = ("src", "tests", "docs", "examples")
"""One for each role of which files are read."""
_PARSED = {
    "pyproject.toml": '[project]\nname = "a"\n',
    "setup.py": "from setuptools import setup\n\nsetup(name='a')\n",
    "package.json": '{"name": "a"}\n',
    "pom.xml": "<project/>\n",
    "Makefile": "test:\n\tmake\n",
    "compose.yaml": "services: {}\n",
    ".github/workflows/a.yml": "on: push\njobs:\n  a:\n    steps:\n      - run: make test\n",
}
"""One for each parser, which is loaded with the first file that needs it."""


@lru_cache(maxsize=8)
def warm(ruleset: Ruleset) -> None:
    """Judges a made-up tree with a file of every language and role, and compiles what its files may be asked.

    Done once in this process per ruleset; what repositories hold is never part of it.
    """
    names = {language: f"a.{suffix}" for suffix, language in _BY_SUFFIX.items()}
    names |= {language: name for name, language in _BY_NAME.items() if language not in names}
    files: dict[str, str | bytes] = {
        f"{folder}/{name}": f"{number} {folder}\n"
        for number, name in enumerate(names.values())
        for folder in _FOLDERS
    }
    tree, observer = RepoTree.from_files(files | _PARSED), observer_for(ruleset)
    scan(tree, ruleset)
    view = observer.view(tree, NoCache())
    for signal in ruleset.signals.values():
        for matcher in signal.matchers:
            list(matcher.hits(view))
    find_lines("", "python", [])
    observer.prepare()
    compile_all()
    prepare_redaction()
