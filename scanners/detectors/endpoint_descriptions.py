"""How many endpoints carry a summary or description that the framework publishes."""

from itertools import islice
from typing import TYPE_CHECKING, Any

from scanners.detectors.base import Facts
from scanners.facts import Answer, Evidence
from scanners.lazy import lazy_re2

if TYPE_CHECKING:
    from scanners.view import TreeView

_PY_ROUTE = lazy_re2(
    rb"(?m)^[ \t]*@[\w.]+\.(?:get|post|put|patch|delete|route|api_operation|doc)\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)\s*"
    rb"(?:\n[ \t]*@[^\n]*(?:\n[ \t]+[^@\n][^\n]*|\n\)[^\n]*){0,12}){0,8}\n[ \t]*(?:async )?def\s+\w+"
)
_PY_VIEW = lazy_re2(
    rb"(?m)^[ \t]*(?:async )?def\s+(?:get|post|put|patch|delete|list|create|retrieve|update|destroy|partial_update)\(self"
)
_PY_ARGUMENT = lazy_re2(rb"\b(?:summary|description|openapi_extra)\s*=")
_PLAIN_FLASK = lazy_re2(rb"(?m)^\s*(?:from flask import|import flask\b|from aiohttp import)")
_READS_DOCSTRINGS = lazy_re2(
    rb"flask_(?:restx|restplus|smorest|openapi3|apispec|pydantic)|flasgger|apispec|spectree|apiflask|connexion|swagger|(?m)^\s*---\s*$"
)
_PY_SPEC = lazy_re2(rb"@(?:extend_schema|swagger_auto_schema|swag_from|\w*ns\w*\.doc|\w+\.doc)\(")
_NEST_ROUTE = lazy_re2(rb"(?m)^[ \t]*@(?:Get|Post|Put|Patch|Delete)\(")
_NEST_SPEC = lazy_re2(rb"@ApiOperation\(\s*\{[^}]*\b(?:summary|description)\b")
_JSDOC = lazy_re2(rb"(?m)^\s*\*\s*(?:@swagger|@openapi)\b|#swagger\.(?:summary|description)")
_JS_SCHEMA = lazy_re2(rb"(?m)\b(?:summary|description)\s*:\s*[\"'`]")
_JS_ROUTE = lazy_re2(
    rb"(?:\b(?:app|router|server|fastify|\w*[rR]outer)\.(?:get|post|put|patch|delete|openapi)\(\s*[\"'`/\w]|\.route\(\s*\{|createRoute\()"
)
_LINE_COMMENT = lazy_re2(rb"(?m)^[ \t]*//(?:[^/\n][^\n]*)?$")
_HASH_COMMENT = lazy_re2(rb"(?m)^[ \t]*#[^\n]*$")
"""Whole lines that are comments; those that tools read are looked at before they are left out."""
_GO_SUMMARY = lazy_re2(rb"(?m)^//\s*@Summary\b")
_GO_DESCRIPTION = lazy_re2(rb"(?m)^//\s*@Description\b")
_GO_ROUTER = lazy_re2(rb"(?m)^//\s*@Router\b")
_HUMA_ROUTE = lazy_re2(
    rb"\bhuma\.(?:Register|Get|Post|Put|Patch|Delete)\(|\bfuego\.(?:Get|Post|Put|Patch|Delete)\w*\("
)
_HUMA_SUMMARY = lazy_re2(rb"\bSummary(?::\s*|\(\s*)\"")
_HUMA_DESCRIPTION = lazy_re2(rb"\bDescription(?::\s*|\(\s*)\"")
_JAVA_ROUTE = lazy_re2(
    rb"@(?:Get|Post|Put|Patch|Delete)Mapping\b|@RequestMapping\([^)]*method|@(?:GET|POST|PUT|PATCH|DELETE)\b"
)
_JAVA_SPEC = lazy_re2(rb"@(?:Operation|ApiOperation)\(")
_JAVADOC = lazy_re2(rb"\*/\s*(?:@\w+(?:\([^)]*\))?\s*)*@(?:Get|Post|Put|Patch|Delete)Mapping\b")
_CS_ROUTE = lazy_re2(rb"\[Http(?:Get|Post|Put|Patch|Delete)|\.Map(?:Get|Post|Put|Patch|Delete)\(")
_CS_SPEC = lazy_re2(
    rb"\[(?:EndpointSummary|EndpointDescription|SwaggerOperation)|\.With(?:Summary|Description|OpenApi)\(|/// <summary>[^\n]*\n(?:\s*///[^\n]*\n)*(?:\s*\[[^\n]*\n)*\s*\[Http|\bSummary\(s\s*=>"
)
_CS_CONFIGURE = lazy_re2(rb"\boverride\s+void\s+Configure\(\)")
_CS_VERB = lazy_re2(rb"(?m)^\s*(?:Get|Post|Put|Patch|Delete|Verbs)\(")
"""FastEndpoints: a class of its own for each endpoint, which names its verb and route where it is configured."""
_PHP_ROUTE = lazy_re2(
    rb"#\[(?:Route|Get|Post|Put|Patch|Delete)\(|@Route\(|Route::(?:get|post|put|patch|delete|apiResource)\(|#\[(?:GetCollection|ApiResource)"
)
_PHP_SPEC = lazy_re2(
    rb"@OA\\(?:Get|Post|Put|Patch|Delete)\(|#\[OA\\(?:Get|Post|Put|Patch|Delete)\(|openapiContext|@bodyParam|@response\b"
)
_RB_SPEC = lazy_re2(rb"(?m)^\s*(?:desc|summary|api :\w+,.*,|description)\s*\(?[\"']")
_RB_ROUTE = lazy_re2(
    rb"(?m)^\s*(?:get|post|put|patch|delete)\s+(?:[\"':/]|do\b)|^\s*(?:get|post|put|patch|delete)\([\"']"
)
_RS_ROUTE = lazy_re2(rb"\.route\(|#\[(?:get|post|put|patch|delete)\(")
_RS_NOTE = lazy_re2(rb"#\[(?:utoipa::path|oai|openapi)\b")
_RS_SPEC = lazy_re2(
    rb"///[^\n]*\n(?:\s*///[^\n]*\n)*\s*#\[(?:utoipa::path|oai|openapi)\b|summary\s*=\s*\"|\.summary\(|\.description\("
)
_EX_SPEC = lazy_re2(rb"(?m)^\s*(?:operation\s+:|summary\s*:|summary\()")
_EX_ROUTE = lazy_re2(rb"(?m)^\s*def\s+\w+\(conn,")
_SPEC_HEAD = lazy_re2(rb"(?m)^\s*\"?(?:openapi|swagger)\"?\s*:")
_TEXT = lazy_re2(rb"(?i)summary|description|\"\"\"|@doc|extend_schema|desc ")
_SPEC_OPERATION = lazy_re2(
    rb"(?m)^(?:    |\t| {2}| {6}| {8})\"?(?:get|post|put|patch|delete)\"?\s*:\s*\{?\s*$"
)
_SPEC_TEXT = lazy_re2(rb"\"?(?:summary|description)\"?\s*:\s*\S")
_SDL_FIELD = lazy_re2(rb"(?ms)^(?:extend )?type (?:Query|Mutation)\b[^{]*\{(.*?)^\}")
_SDL_NAME = lazy_re2(rb"(?m)^\s*\w+[(:]")
_SDL_TEXT = lazy_re2(rb"(?m)^\s*\"[^\"\n]+\"\s*$")
_PROTO_RPC = lazy_re2(rb"(?m)^\s*rpc\s+\w+")
_PROTO_DOC = lazy_re2(rb"(?m)^\s*//[^\n]*\n\s*rpc\s+\w+")

MAX_ROUTES = 1000
"""As many routes of one file are looked at."""


class EndpointDescriptions:
    """Facts: [endpoints, described ones, line of the first described, from a committed description, annotated].
    ``value`` is the share described, of the committed description where it covers the more endpoints, else of the code."""

    name = "endpoint-descriptions"
    version = 4
    languages = frozenset(
        [
            "python",
            "javascript",
            "typescript",
            "tsx",
            "go",
            "java",
            "kotlin",
            "csharp",
            "php",
            "ruby",
            "rust",
            "elixir",
            "yaml",
            "json",
            "graphql",
            "proto",
        ]
    )
    roles = frozenset(["source", "docs"])
    gate = (
        r"@\w+[\w.]*\.(get|post|put|patch|delete|route|api_operation)\(|extend_schema|swagger|openapi|@(Get|Post|Put|Patch|Delete)|@(GET|POST|PUT|DELETE|RequestMapping)\b|"
        r"@Router|\[Http|\.Map(Get|Post|Put|Delete)|\.(get|post|put|patch|delete|route|openapi)\(|Route|OA\\|utoipa|oai|type (Query|Mutation)|rpc |huma|desc [\"']|operation :|def \w+\(conn|APIView|ViewSet|Resource\)|void Configure\("
    )

    def observe(self, data: bytes, language: str) -> Any | None:
        total, described, committed, annotated = _count(data, language)
        if not total and not annotated:
            return None
        match = _TEXT.search(data)
        line = data.count(b"\n", 0, match.start()) + 1 if match else 1
        return [total, min(described, max(total, annotated)), line, committed, annotated]

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        code = [(p, f) for p, f in facts if not f[3] and view.role(p) == "source"]
        committed = [(p, f) for p, f in facts if f[3]]
        best: tuple[float, list[tuple[str, Any]]] = (0.0, [])
        for group in (code, [max(committed, key=lambda pair: pair[1][0])] if committed else []):
            total = max(sum(f[0] for _, f in group), sum(f[4] for _, f in group))
            share = sum(f[1] for _, f in group) / total if total else 0.0
            if share > best[0]:
                best = (share, group)
        places = sorted((f for f in best[1] if f[1][1]), key=lambda pair: -pair[1][1])[:3]
        evidence = tuple(Evidence(p, f[2], note=f"{f[1]} of {max(f[0], f[4])} described") for p, f in places)
        return Answer(evidence, count=len(places), files=len(places), value=best[0])


def _count(data: bytes, language: str) -> tuple[int, int, int, int]:
    """(endpoints, described, 1 for a committed description, annotated) of one file; ``annotated`` are endpoints that
    carry a note where they may not be declared: a handler with a comment for a tool, its route in another file."""
    if language == "python":
        return (*_python(_HASH_COMMENT.sub(b"", data)), 0, 0)
    if language in ("javascript", "typescript", "tsx"):
        notes = len(_JSDOC.findall(data))
        data = _LINE_COMMENT.sub(b"", data)
        nest = len(_NEST_ROUTE.findall(data))
        if nest:
            return nest, len(_NEST_SPEC.findall(data)), 0, 0
        routes = len(_JS_ROUTE.findall(data))
        return routes, max(notes, min(routes, len(_JS_SCHEMA.findall(data)))), 0, notes
    if language == "go":
        if _GO_ROUTER.search(data):
            return len(_GO_ROUTER.findall(data)), _most(data, _GO_SUMMARY, _GO_DESCRIPTION), 0, 0
        if b"huma." in data or b"fuego." in data:
            described = _most(data, _HUMA_SUMMARY, _HUMA_DESCRIPTION)
            return max(len(_HUMA_ROUTE.findall(data)), described), described, 0, 0
        return 0, 0, 0, 0
    if language in ("java", "kotlin"):
        code = _LINE_COMMENT.sub(b"", data)
        spec = len(_JAVA_SPEC.findall(code)) or (len(_JAVADOC.findall(data)) if b"therapi" in data else 0)
        return len(_JAVA_ROUTE.findall(code)), spec, 0, 0
    if language == "csharp":
        code = _LINE_COMMENT.sub(b"", data)
        routes = len(_CS_ROUTE.findall(code))
        if _CS_CONFIGURE.search(code):
            routes += len(_CS_VERB.findall(code))
        return routes, len(_CS_SPEC.findall(code)), 0, 0
    if language == "php":
        spec = len(_PHP_SPEC.findall(data))
        return len(_PHP_ROUTE.findall(_LINE_COMMENT.sub(b"", data))), spec, 0, spec
    if language == "ruby":
        return len(_RB_ROUTE.findall(data)), len(_RB_SPEC.findall(data)), 0, 0
    if language == "rust":
        code = _LINE_COMMENT.sub(b"", data)
        return len(_RS_ROUTE.findall(code)), len(_RS_SPEC.findall(code)), 0, len(_RS_NOTE.findall(code))
    if language == "elixir":
        return len(_EX_ROUTE.findall(data)), len(_EX_SPEC.findall(data)), 0, 0
    if language in ("yaml", "json"):
        return (*_operations(data), 1, 0) if _SPEC_HEAD.search(data[:3000]) else (0, 0, 0, 0)
    if language == "graphql":
        blocks = _SDL_FIELD.findall(data)
        fields = sum(len(_SDL_NAME.findall(block)) for block in blocks)
        return fields, sum(block.count(b'"""') // 2 + len(_SDL_TEXT.findall(block)) for block in blocks), 1, 0
    return len(_PROTO_RPC.findall(data)), len(_PROTO_DOC.findall(data)), 1, 0


def _most(data: bytes, *patterns: Any) -> int:
    """How often the one of ``patterns`` occurs that occurs most."""
    return max(len(pattern.findall(data)) for pattern in patterns)


def _operations(data: bytes) -> tuple[int, int]:
    """(operations, those with a summary or description of their own) of an OpenAPI document, written line by line.

    Responses and parameters must have descriptions too, so that only the operation's own level counts.
    """
    total = described = 0
    level = child = -1
    for line in data.split(b"\n"):
        text = line.strip()
        if not text or text.startswith(b"#"):
            continue
        indent = len(line) - len(line.lstrip())
        if _SPEC_OPERATION.match(line):
            total += 1
            level, child = indent, -1
        elif level >= 0 and indent <= level:
            level = -1
        elif level >= 0:
            child = indent if child < 0 else child
            if indent == child and _SPEC_TEXT.match(text):
                described += 1
                level = -1
    return total, described


def _python(data: bytes) -> tuple[int, int]:
    total = described = 0
    published = not _PLAIN_FLASK.search(data) or bool(_READS_DOCSTRINGS.search(data))
    for match in islice(_PY_ROUTE.finditer(data), MAX_ROUTES):
        total += 1
        if _PY_ARGUMENT.search(match.group(1)) or published and _docstring_follows(data, match.end()):
            described += 1
    if (
        b"extend_schema" in data
        or b"swagger_auto_schema" in data
        or b"Resource)" in data
        or b"ViewSet" in data
        or b"APIView" in data
    ):
        views = [m.end() for m in islice(_PY_VIEW.finditer(data), MAX_ROUTES)]
        total += len(views)
        described += max(len(_PY_SPEC.findall(data)), sum(_docstring_follows(data, end) for end in views))
    return total, described


def _docstring_follows(data: bytes, position: int) -> bool:
    """Whether the function whose name ends at ``position`` starts with a docstring."""
    depth, end = 0, min(len(data), position + 3000)
    for index in range(position, end):
        char = data[index]
        if char in b"([{":
            depth += 1
        elif char in b")]}":
            depth -= 1
        elif char == 58 and depth == 0:
            return data[index + 1 : index + 200].lstrip().startswith((b'"""', b"'''", b'r"""', b'"'))
    return False
