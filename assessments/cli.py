"""The ``plumbline`` command: judge one repository, or measure accuracy, with no database and no Django.

Exit codes: 0 done (and the gate, if any, was passed), 1 the grade is below ``--fail-under``, 2 the request could not
be carried out; then one line on standard error says why, with a stable error id.
"""

import argparse
import atexit
import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assessments.guidance import Guidance
    from assessments.report import ReportPage
    from scanners.cache import BlobCache
    from scanners.scan import ScanResult

FORMATS = ("text", "json", "markdown", "csv", "xlsx", "sarif", "pdf")


def cache_dir() -> Path:
    """Where mirrors and answers are kept: PLUMBLINE_CACHE_DIR, else the user's cache folder."""
    named = os.environ.get("PLUMBLINE_CACHE_DIR")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "plumbline"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and gives its exit code; for errors that a person can mend it prints one line."""
    from scanners.errors import ScanError

    if argv is None:
        _leave_memory_to_the_system()
    given = sys.argv[1:] if argv is None else argv
    arguments = _parser(given[0] if given else "").parse_args(given)
    try:
        code: int = arguments.run(arguments)
        return code
    except ScanError as error:
        hint = f" {error.hint}" if error.hint else ""
        print(f"plumbline: {error}{hint}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except KeyboardInterrupt:
        print("plumbline: stopped.", file=sys.stderr)
        return 130


def _leave_memory_to_the_system() -> None:
    """For a process that ends with its one command: looking for garbage took a tenth of its time."""
    gc.disable()
    atexit.register(gc.freeze)


class _Help(argparse.HelpFormatter):
    """As wide as the terminal. argparse makes one for each option, and asks a module for the width that takes longer to
    load than all options to add."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


@cache
def _columns() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return 80


def _parser(command: str = "") -> argparse.ArgumentParser:
    """The parser of all commands, or where ``command`` is one of them of this alone: each costs a start-up its time."""
    parser = argparse.ArgumentParser(
        prog="plumbline",
        description="Judge a repository against an engineering standard.",
        formatter_class=_Help,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", prog="plumbline")
    for name in [command] if command in _COMMANDS else _COMMANDS:
        add, explained, run = _COMMANDS[name]
        one = commands.add_parser(name, help=explained, formatter_class=_Help)
        add(one)
        one.set_defaults(run=run)
    return parser


def _assess_options(assess: argparse.ArgumentParser) -> None:
    assess.add_argument("source", metavar="SOURCE", help="a URL, a bare mirror or a working copy (its HEAD)")
    assess.add_argument("--commit", default="", help="judge this commit, tag or branch instead of HEAD")
    assess.add_argument("--path", default="", help="judge only this folder (a service of a monorepo)")
    assess.add_argument(
        "--format", choices=FORMATS, default="text", help="how the report is printed (default: text)"
    )
    assess.add_argument(
        "--output", type=Path, help="write the report to this file instead of standard output"
    )
    assess.add_argument(
        "--ruleset", default="industry-standards", help="a shipped ruleset's id, or a YAML file or folder"
    )
    assess.add_argument(
        "--fail-under", metavar="GRADE", help="exit 1 when the grade is below this letter, for a gate in CI"
    )
    assess.add_argument(
        "--no-cache", action="store_true", help="neither use nor keep answers of earlier scans"
    )
    assess.add_argument(
        "--allow-private", action="store_true", help="let SOURCE be on a private network address"
    )


def _render_options(render: argparse.ArgumentParser) -> None:
    render.add_argument("report", type=Path, metavar="REPORT.json", help="written by assess --format json")
    render.add_argument("--format", choices=FORMATS, default="text", help="(default: text)")
    render.add_argument("--output", type=Path, help="write to this file instead of standard output")


def _compare_options(compare: argparse.ArgumentParser) -> None:
    compare.add_argument("source", metavar="SOURCE", help="a URL, a bare mirror or a working copy")
    compare.add_argument(
        "--from", dest="old", required=True, metavar="COMMIT", help="a commit, tag or branch"
    )
    compare.add_argument("--to", dest="new", default="", metavar="COMMIT", help="the same (default: HEAD)")
    _past_options(compare)


def _when_options(when: argparse.ArgumentParser) -> None:
    when.add_argument("source", metavar="SOURCE", help="a URL, a bare mirror or a working copy (its HEAD)")
    when.add_argument("item", metavar="ITEM", help="an item of the ruleset, such as testing.unit")
    when.add_argument(
        "--since", default="", metavar="COMMIT", help="look only after this commit, tag or branch"
    )
    _past_options(when)


def _past_options(one: argparse.ArgumentParser) -> None:
    one.add_argument("--path", default="", help="judge only this folder (a service of a monorepo)")
    one.add_argument("--format", choices=("text", "json"), default="text", help="(default: text)")
    one.add_argument("--ruleset", default="industry-standards", help="a shipped ruleset's id, or YAML")
    one.add_argument("--no-cache", action="store_true", help="neither use nor keep earlier answers")
    one.add_argument("--allow-private", action="store_true", help="let SOURCE be on a private network")


def _accuracy_options(accuracy: argparse.ArgumentParser) -> None:
    accuracy.add_argument("labels", type=Path, metavar="LABELS_DIR")
    accuracy.add_argument(
        "--mirrors", type=Path, required=True, help="bare clones: OWNER+NAME/repo or OWNER/NAME.git"
    )
    accuracy.add_argument("--fetch", action="store_true", help="clone a missing mirror from its public URL")
    accuracy.add_argument("--ruleset", default="industry-standards")
    accuracy.add_argument(
        "--only", action="append", default=[], metavar="OWNER/NAME", help="measure only these"
    )
    accuracy.add_argument("--skip", action="append", default=[], metavar="OWNER/NAME", help="leave these out")
    accuracy.add_argument(
        "--item", action="append", default=[], help="list confusions of these items or areas only"
    )
    accuracy.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file")
    accuracy.add_argument("--brief", action="store_true", help="print the totals only, no confusions")


def run_compare(arguments: argparse.Namespace) -> int:
    """Prints what changed between two commits."""
    from assessments.cli_past import compared

    _write(compared(arguments, cache_dir()), None)
    return 0


def run_when(arguments: argparse.Namespace) -> int:
    """Prints the commit behind the verdict of an item; exit code 1 where it never was another one."""
    from assessments.cli_past import found_when

    said, found = found_when(arguments, cache_dir())
    _write(said, None)
    return 0 if found else 1


def run_assess(arguments: argparse.Namespace) -> int:
    """Judges SOURCE and prints the report; see the module for exit codes."""
    from assessments.standard import load_standard
    from scanners.rules import load_ruleset

    ruleset = load_ruleset(arguments.ruleset, cache_dir=cache_dir())
    standard = load_standard(ruleset.document)
    if arguments.fail_under:
        _require_letter(arguments.fail_under, [band.letter for band in standard.scale])
    result, name = _scan(arguments, ruleset)
    page = _page(standard, result, name, arguments.path)
    _write(_render(arguments.format, page), arguments.output)
    if not arguments.fail_under:
        return 0
    letter = page.grade.letter
    if letter is None:
        print(
            "plumbline: there is no grade, too little of the standard could be measured. [grade.none]",
            file=sys.stderr,
        )
        return 2
    letters = [band.letter for band in standard.scale]
    return 0 if letters.index(letter) <= letters.index(arguments.fail_under) else 1


def _require_letter(letter: str, letters: list[str]) -> None:
    from scanners.errors import ScanError

    if letter not in letters:
        raise ScanError(
            "grade.unknown", f"{letter!r} is no grade of this ruleset.", hint=f"Grades: {', '.join(letters)}."
        )


def _scan(arguments: argparse.Namespace, ruleset: "object") -> "tuple[ScanResult, str]":
    from scanners.mirror import open_source
    from scanners.rules import Ruleset
    from scanners.scan import scan
    from scanners.tree import RepoTree

    assert isinstance(ruleset, Ruleset)
    cache: BlobCache | None = None
    if not arguments.no_cache:
        from scanners.cache import SqliteCache

        cache = SqliteCache(cache_dir() / "answers.sqlite3")
    mirror = open_source(
        arguments.source, cache_dir=cache_dir() / "mirrors", allow_private=arguments.allow_private
    )
    if mirror.source.kind != "local":  # a local source has just been looked at
        mirror.update()
    commit = mirror.resolve(arguments.commit) if arguments.commit else mirror.head()
    mirror.fill([commit], arguments.path)
    with closing(RepoTree.open(mirror.path, commit, root=arguments.path)) as tree:
        result = scan(
            tree,
            ruleset,
            cache=cache,
            default_branch=mirror.default_branch,
            processes=min(2, len(os.sched_getaffinity(0))),
            meanwhile=partial(_load_report, ruleset.id, arguments.format),
        )
    return result, mirror.source.name


def _page(standard: "object", result: "ScanResult", name: str, root: str) -> "ReportPage":
    from assessments.report import Subject, build_report
    from assessments.standard import Standard

    assert isinstance(standard, Standard)
    subject = Subject(
        repository=name,
        commit=result.commit,
        committed_at=result.committed_at,
        judged_at=datetime.now(UTC),
        profile=result.profile.as_dict(),
        stack=result.profile.stack,
        root=root,
        problems=result.problems,
    )
    return build_report(
        standard,
        subject,
        result.verdicts,
        guidance=_guidance(standard.id),
    )


@cache
def _guidance(ruleset: str) -> "dict[str, Guidance]":
    from assessments.guidance import read_guidance
    from scanners.rules import RULESETS, SHIPPED

    folder = RULESETS / SHIPPED.get(ruleset, "") / "guidance"
    return read_guidance(folder, cache_dir=cache_dir()) if folder.is_dir() else {}


def _load_report(ruleset: str, format: str) -> None:
    """Loads what the report is made with, while another process still looks at files."""
    import assessments.report  # noqa: F401

    if format == "json":
        import assessments.reports.json  # noqa: F401
    _guidance(ruleset)


def _render(format: str, page: "ReportPage") -> str | bytes:
    if format == "json":
        from assessments.reports.json import render_json

        return render_json(page)
    if format == "markdown":
        from assessments.reports.markdown import render_markdown

        return render_markdown(page)
    if format == "sarif":
        from assessments.reports.sarif import installed_version, render_sarif

        return render_sarif(page, tool_version=installed_version())
    if format == "pdf":
        from assessments.reports.pdf import render_pdf

        return render_pdf(page)
    if format == "csv":
        from assessments.reports.csv import render_csv

        return render_csv(page)
    if format == "xlsx":
        from assessments.reports.xlsx import render_xlsx

        return render_xlsx(page)
    from assessments.reports.text import render_text

    return render_text(page, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ)


def _write(content: str | bytes, output: Path | None) -> None:
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    aside = output.with_name(f".{output.name}.{os.getpid()}.tmp")
    aside.write_bytes(data)
    aside.replace(output)


def run_render(arguments: argparse.Namespace) -> int:
    """Prints the report that a JSON file holds."""
    from assessments.reports.reading import page_from_json
    from scanners.errors import SourceError

    try:
        text = arguments.report.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise SourceError("report.no-file", f"{arguments.report} cannot be read: {reason}.") from error
    _write(_render(arguments.format, page_from_json(text)), arguments.output)
    return 0


def run_accuracy(arguments: argparse.Namespace) -> int:
    """Prints how verdicts agree with labels; exit code 2 when no labelled repository could be judged."""
    from assessments.accuracy import measure
    from assessments.accuracy_text import render_accuracy
    from scanners.cache import SqliteCache
    from scanners.rules import load_ruleset

    ruleset = load_ruleset(arguments.ruleset, cache_dir=cache_dir())
    measured = measure(
        arguments.labels,
        arguments.mirrors,
        ruleset,
        cache=SqliteCache(cache_dir() / "answers.sqlite3"),
        store=cache_dir() / "mirrors",
        only=arguments.only,
        skip=arguments.skip,
        fetch=arguments.fetch,
    )
    if arguments.json:
        _write(measured.as_json(), arguments.json)
    _write(render_accuracy(measured, only=arguments.item, brief=arguments.brief), None)
    return 0 if measured.repositories else 2


_COMMANDS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], str, Callable[..., int]]] = {
    "assess": (_assess_options, "judge one repository and print its report", run_assess),
    "render": (_render_options, "draw the report of a JSON file again, in another format", run_render),
    "compare": (_compare_options, "say what changed between two commits, and why", run_compare),
    "when": (_when_options, "find the commit since which an item has the verdict that it has", run_when),
    "accuracy": (_accuracy_options, "compare verdicts with a folder of labels", run_accuracy),
}


if __name__ == "__main__":
    sys.exit(main())
