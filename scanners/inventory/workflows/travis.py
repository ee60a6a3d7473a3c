"""Travis CI, with the script each language has where none is written."""

import re
from collections.abc import Iterator
from typing import Any

from scanners.facts import Pipeline, Step
from scanners.inventory.formats.tree import Map, as_map, as_seq, as_text, as_texts
from scanners.inventory.workflows import base
from scanners.inventory.workflows.base import ReadText, Scope
from scanners.lazy import lazy_re

PROVIDER = "travis"
NAME = lazy_re(r"^\.travis\.ya?ml$")

_PHASES = (
    "before_install",
    "install",
    "before_script",
    "script",
    "after_success",
    "after_script",
    "before_deploy",
)
_DEFAULTS = {
    "ruby": "rake", "node_js": "npm test", "go": "go test -v ./...", "java": "mvn test -B", "php": "phpunit",
    "groovy": "gradle check", "kotlin": "gradle check", "scala": "sbt test", "elixir": "mix test",
    "rust": "cargo build --verbose\ncargo test --verbose", "erlang": "rebar eunit", "clojure": "lein test",
    "perl": "make test", "haskell": "cabal test", "dart": "dart test", "csharp": "msbuild", "d": "dub test",
    "c": "./configure && make && make test", "cpp": "./configure && make && make test",
    "crystal": "crystal spec", "julia": "julia -e 'Pkg.test()'", "r": "R CMD check *tar.gz",
}  # fmt: skip


def parse(path: str, text: str, read: ReadText) -> tuple[Pipeline, ...]:
    root = base.load(path, text)
    reach = _scope(root)
    scoped: list[base.Scoped] = []
    if not _only_listed(root):
        scoped += [(step, reach) for step in _job(root, root, "", path, read)]
    for index, item in enumerate(_listed(root)):
        job = as_map(item)
        name = as_text(job.get("name")) or as_text(job.get("stage")) or str(index + 1)
        own = _conditional(as_text(job.get("if")), reach)
        scoped += [(step, own) for step in _job(job, root, name, path, read)]
    services = as_texts(root.get("services"))
    return base.assemble(path, PROVIDER, scoped, services, reach)


def _listed(root: Map) -> list[Any]:
    jobs = root.get("jobs", root.get("matrix"))
    return list(as_seq(as_map(jobs).get("include") if isinstance(jobs, Map) else jobs))


def _only_listed(root: Map) -> bool:
    """A matrix that only lists jobs with scripts of their own has no job beside them."""
    listed = _listed(root)
    return bool(listed) and "script" not in root and all("script" in as_map(job) for job in listed)


def _job(job: Map, root: Map, name: str, path: str, read: ReadText) -> Iterator[Step]:
    for phase in _PHASES:
        holder = job if phase in job else root
        if phase == "script" and phase not in holder:
            yield from _default(job, root, name, path, read)
        elif job is root or phase in job or phase == "script":
            yield from base.script(holder, phase, path=path, job=name, name=phase)
    for deploy in as_seq(job.get("deploy")):
        table = as_map(deploy)
        line = job.lines["deploy"]
        provider = as_text(table.get("provider")) or as_text(deploy)
        if provider == "script":
            yield from base.script(table, "script", path=path, job=name, name="deploy")
        elif provider:
            yield Step(path, table.line or line, name, "deploy", "", provider, base.arguments_of(table))


def _default(job: Map, root: Map, name: str, path: str, read: ReadText) -> Iterator[Step]:
    language = as_text(job.get("language", root.get("language"))) or "ruby"
    run = _DEFAULTS.get(language, "")
    if language == "go" and read("Makefile") is not None:
        run = "make"
    elif language == "ruby" and read("Gemfile") is not None:
        run = "bundle exec rake"
    elif language in ("java", "groovy", "kotlin"):
        for build, command in (
            ("gradlew", "./gradlew check"),
            ("build.gradle", "gradle check"),
            ("pom.xml", "mvn test -B"),
        ):
            if read(build) is not None:
                run = command
                break
    if run:
        line = job.lines.get("language") or root.lines.get("language") or root.line or 1
        yield Step(path, line, name, "script", run)


def _scope(root: Map) -> Scope:
    branches = as_map(root.get("branches"))
    only = as_texts(branches.get("only")) or base.except_branches(as_texts(branches.get("except")))
    if isinstance(root.get("branches"), str):
        only = as_texts(root["branches"])
    return _conditional(as_text(root.get("if")), base.scope(["push", "pull_request"], only))


def _conditional(condition: str, reach: Scope) -> Scope:
    """``reach`` narrowed by an ``if:`` of Travis' condition language, as far as plain comparisons tell."""
    if not condition:
        return reach
    types = re.findall(r"type\s*(=~?|!=|IN|NOT IN)\s*(\([^)]*\)|\S+)", condition, re.IGNORECASE)
    kinds = {"push": "push", "pull_request": "pull_request", "cron": "schedule", "api": "manual"}
    triggers = set(reach.triggers)
    for operator, value in types:
        named = {kind for word, kind in kinds.items() if word in value}
        triggers = triggers - named if operator.upper() in ("!=", "NOT IN") else named
    if re.search(r"\btag\s+(IS present|=~)", condition, re.IGNORECASE):
        triggers = {"tag"}
    branches = re.findall(r"(?<![\w.])branch\s*=~?\s*([^\s)]+)", condition)
    if branches and "type" not in condition:
        triggers -= {"pull_request"}
    return base.scope(triggers, branches or reach.branches)
