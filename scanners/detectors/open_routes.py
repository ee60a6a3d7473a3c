"""Whether most routes that change data are declared without any sign of authentication.

It speaks of route declarations in Python and in JavaScript's and TypeScript's routers and controllers only, and takes
whatever looks like a guard for one: it is to find services that left most of their routes open, not single gaps.
"""

from typing import TYPE_CHECKING, Any

from scanners.comments import in_comment
from scanners.detectors.base import Facts
from scanners.detectors.layers import is_front_end
from scanners.facts import Answer, Evidence
from scanners.lazy import lazy_re2

if TYPE_CHECKING:
    from scanners.view import TreeView

_MIN_OPEN = 4
"""Fewer open routes are too few to speak of most of a service's routes."""
_MAX_GUARDED_SHARE = 1 / 3

_SCRIPTS = frozenset(["javascript", "typescript", "tsx"])
_PYTHON_ROUTE = lazy_re2(
    rb"(?m)^[ \t]*@[\w.]+\.(?:(?:post|put|patch|delete)\(|route\([^\n]*methods[^\n]*(?:POST|PUT|PATCH|DELETE))[^\n]*"
)
_PYTHON_END = lazy_re2(rb"\n[ \t]*(?:async[ ]+)?def[ ]")
_PYTHON_NEXT = lazy_re2(rb"\n[ \t]*(?:@\w|class[ ]|(?:async[ ]+)?def[ ])")
_PYTHON_FILE = lazy_re2(
    rb"(?:Router|Blueprint|Namespace)\([^)]*(?:dependencies|auth|guards|decorators)|before_request|before_app_request|decorators\s*=\s*\["
)

_SCRIPT_FILE = lazy_re2(
    rb"\.use\(\s*[^'\"`\n]*(?i:auth|jwt|session|login|token|protect|require[A-Z]|verify|guard)|addHook\([^\n]*(?i:auth|jwt|token)|"
    rb"\.(?:use|all)\(\s*['\"`][^'\"`\n]*['\"`]\s*,[^\n]*(?i:auth|jwt|session|protect|require[A-Z]|verify|guard)"
)
_SCRIPT_ROUTE = lazy_re2(
    rb"(?:\b(?:app|router|server|api|routes?|r|fastify|instance|\w*[rR]outer|\w+App|\w+Routes?)|\.route\([^)\n]*\)|\))\s*"
    rb"\.(?:post|put|patch|delete)\(\s*[^\n]*"
)
_SCRIPT_SERVER = lazy_re2(
    rb"['\"](?:express|fastify|koa|@koa/router|koa-router|hono|restify|polka)['\"]|\bRouter\(\)|express\(\)"
)
_SCRIPT_NEXT = lazy_re2(rb"\.(?:get|post|put|patch|delete|all|use|route)\(")
_CONTROLLER = lazy_re2(rb"@Controller\(|@JsonController\(|@RestController\(")
_CONTROLLER_ROUTE = lazy_re2(rb"(?m)^[ \t]*@(?:Post|Put|Patch|Delete)\([^\n]*")
_CONTROLLER_GUARD = lazy_re2(
    rb"@UseGuards|@Auth\w*\(|@Authorized|@Roles|@Api\w*Auth|@Require\w*|@Permissions?\(|@UseBefore\([^\n]*[aA]uth"
)

_GUARD = lazy_re2(
    rb"(?i)current|auth|login|logged|jwt|permission|security\(|req(?:uest)?\.(?:user|session)|g\.user|token|api_?key|admin|require[_A-Z]|"
    rb"protect|verif|guard|session|roles?\b|owner|secured?\b|\buser\b\s*[:,)]|access"
)
_PUBLIC = lazy_re2(
    rb"(?i)log-?_?[io]|sign-?_?(?:in|up|out)|regist|passw|forgot|reset|webhook|callback|oauth|refresh|confirm|activat|health|"
    rb"contact|subscrib|search|graphql|/users?/?['\"`]|session|token|auth|csp|report|webhook|event"
)


class OpenRoutes:
    """Facts per file: [guarded, open, lines of the first open ones]. Found where four or more and two thirds are open."""

    name = "open-routes"
    version = 3
    languages = frozenset(["python", *_SCRIPTS])
    roles = frozenset(["source"])
    gate = r"\.(post|put|patch|delete|route)\(|@(Post|Put|Patch|Delete)\("

    def observe(self, data: bytes, language: str) -> Any | None:
        if language == "python":
            units = _python_units(data)
        elif _CONTROLLER.search(data):
            units = _controller_units(data)
        elif _SCRIPT_SERVER.search(data):
            units = _script_units(data)
        else:
            return None
        guarded = 0
        lines: list[int] = []
        for place, declaration, unit, by_file in units:
            if _PUBLIC.search(declaration) or in_comment(data, place, language):
                continue
            if by_file or _GUARD.search(unit):
                guarded += 1
            else:
                lines.append(data.count(b"\n", 0, place) + 1)
        return [guarded, len(lines), lines[:3]] if guarded or lines else None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        facts = [(path, fact) for path, fact in facts if not is_front_end(path)]
        guarded = sum(fact[0] for _, fact in facts)
        bare = sum(fact[1] for _, fact in facts)
        if bare < _MIN_OPEN or guarded > _MAX_GUARDED_SHARE * (guarded + bare):
            return Answer(value=float(bare))
        places = [
            (path, line)
            for path, fact in sorted(facts, key=lambda pair: (-pair[1][1], pair[0]))
            for line in fact[2]
        ]
        note = f"{bare} of {guarded + bare} routes that change data show no guard"
        evidence = tuple(Evidence(path, line, note=note) for path, line in places[:5])
        return Answer(evidence, count=bare, files=len({path for path, _ in places}), value=float(bare))


Unit = tuple[int, bytes, bytes, bool]
"""Where a route is declared, the declaring line, all that may guard it, and whether its file guards every route."""


def _python_units(data: bytes) -> list[Unit]:
    by_file = bool(_PYTHON_FILE.search(data))
    units = []
    for match in _PYTHON_ROUTE.finditer(data):
        start = match.start()
        while True:  # decorators above this one belong to the same function
            above = data.rfind(b"\n", 0, max(0, start - 1)) + 1
            if start == 0 or not data[above:start].lstrip().startswith(b"@"):
                break
            start = above
        definition = _PYTHON_END.search(data, match.end())
        if not definition or match[0][:1] in b" \t":  # a method's guard may be its class's or a base class's
            continue
        following = _PYTHON_NEXT.search(data, definition.end())
        units.append(
            (match.start(), match[0], data[start : following.start() if following else len(data)], by_file)
        )
    return units


def _script_units(data: bytes) -> list[Unit]:
    by_file = bool(_SCRIPT_FILE.search(data))
    units = []
    for match in _SCRIPT_ROUTE.finditer(data):
        following = _SCRIPT_NEXT.search(data, match.end())
        end = min(following.start() if following else len(data), match.start() + 1500)
        units.append((match.start(), match[0], data[match.start() : end], by_file))
    return units


def _controller_units(data: bytes) -> list[Unit]:
    first = data.find(b"class ")
    by_file = bool(_CONTROLLER_GUARD.search(data[: first if first != -1 else 0]))
    units = []
    for match in _CONTROLLER_ROUTE.finditer(data):
        start = max(data.rfind(b"\n\n", 0, match.start()), data.rfind(b"}\n", 0, match.start()), 0)
        end = data.find(b"\n  }", match.end())
        units.append(
            (match.start(), match[0], data[start : end if end != -1 else match.end() + 600], by_file)
        )
    return units
