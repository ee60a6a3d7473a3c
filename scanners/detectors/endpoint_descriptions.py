"""How many endpoints carry a summary or description that the framework publishes."""

from typing import TYPE_CHECKING, Any

import re2

from scanners.detectors.base import Facts
from scanners.facts import Answer, Evidence

if TYPE_CHECKING:
    from scanners.view import TreeView

_PY_ROUTE = re2.compile(
    rb"(?m)^[ \t]*@[\w.]+\.(?:get|post|put|patch|delete|route|api_operation|doc)\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)\s*"
    rb"(?:\n[ \t]*@[^\n]*(?:\n[ \t]+[^@\n][^\n]*|\n\)[^\n]*){0,12}){0,8}\n[ \t]*(?:async )?def\s+\w+"
)
_PY_VIEW = re2.compile(
    rb"(?m)^[ \t]*(?:async )?def\s+(?:get|post|put|patch|delete|list|create|retrieve|update|destroy|partial_update)\(self"
)
_PY_SPEC = re2.compile(rb"@(?:extend_schema|swagger_auto_schema|swag_from|\w*ns\w*\.doc|\w+\.doc)\(")
_NEST_ROUTE = re2.compile(rb"(?m)^[ \t]*@(?:Get|Post|Put|Patch|Delete)\(")
_NEST_SPEC = re2.compile(rb"@ApiOperation\(\s*\{[^}]*\b(?:summary|description)\b")
_JSDOC = re2.compile(rb"(?m)^\s*\*\s*(?:@swagger|@openapi)\b|#swagger\.(?:summary|description)")
_JS_SCHEMA = re2.compile(rb"(?m)\b(?:summary|description)\s*:\s*[\"'`]")
_JS_ROUTE = re2.compile(
    rb"(?:\b(?:app|router|server|fastify|\w*[rR]outer)\.(?:get|post|put|patch|delete|openapi)\(\s*[\"'`/\w]|\.route\(\s*\{|createRoute\()"
)
_GO_SWAG = re2.compile(rb"(?m)^//\s*@(?:Summary|Description)\b")
_GO_ROUTER = re2.compile(rb"(?m)^//\s*@Router\b")
_HUMA = re2.compile(rb"(?:Summary|Description):\s*\"")
_JAVA_ROUTE = re2.compile(
    rb"@(?:Get|Post|Put|Patch|Delete)Mapping\b|@RequestMapping\([^)]*method|@(?:GET|POST|PUT|PATCH|DELETE)\b"
)
_JAVA_SPEC = re2.compile(rb"@(?:Operation|ApiOperation)\(")
_JAVADOC = re2.compile(rb"\*/\s*(?:@\w+(?:\([^)]*\))?\s*)*@(?:Get|Post|Put|Patch|Delete)Mapping\b")
_CS_ROUTE = re2.compile(rb"\[Http(?:Get|Post|Put|Patch|Delete)|\.Map(?:Get|Post|Put|Patch|Delete)\(")
_CS_SPEC = re2.compile(
    rb"\[(?:EndpointSummary|EndpointDescription|SwaggerOperation)|\.With(?:Summary|Description|OpenApi)\(|/// <summary>[^\n]*\n(?:\s*///[^\n]*\n)*(?:\s*\[[^\n]*\n)*\s*\[Http|\bSummary\(s\s*=>"
)
_PHP_ROUTE = re2.compile(
    rb"#\[(?:Route|Get|Post|Put|Patch|Delete)\(|@Route\(|Route::(?:get|post|put|patch|delete|apiResource)\(|#\[(?:GetCollection|ApiResource)"
)
_PHP_SPEC = re2.compile(
    rb"@OA\\(?:Get|Post|Put|Patch|Delete)\(|#\[OA\\(?:Get|Post|Put|Patch|Delete)\(|openapiContext|@bodyParam|@response\b"
)
_RB_SPEC = re2.compile(rb"(?m)^\s*(?:desc|summary|api :\w+,.*,|description)\s*\(?[\"']")
_RB_ROUTE = re2.compile(
    rb"(?m)^\s*(?:get|post|put|patch|delete)\s+(?:[\"':/]|do\b)|^\s*(?:get|post|put|patch|delete)\([\"']"
)
_RS_ROUTE = re2.compile(
    rb"#\[utoipa::path\(|#\[oai\(|#\[openapi|\.route\(|#\[(?:get|post|put|patch|delete)\("
)
_RS_SPEC = re2.compile(
    rb"///[^\n]*\n(?:\s*///[^\n]*\n)*\s*#\[(?:utoipa::path|oai)\(|summary\s*=\s*\"|\.summary\(|\.description\("
)
_EX_SPEC = re2.compile(rb"(?m)^\s*(?:operation\s+:|summary\s*:|summary\()")
_EX_ROUTE = re2.compile(rb"(?m)^\s*def\s+\w+\(conn,")
_SPEC_OPERATION = re2.compile(
    rb"(?m)^(?:    |\t| {2}| {6}| {8})\"?(?:get|post|put|patch|delete)\"?\s*:\s*\{?\s*$"
)
_SPEC_TEXT = re2.compile(rb"(?m)^\s+\"?(?:summary|description)\"?\s*:\s*\S")
_SDL_FIELD = re2.compile(rb"(?ms)^(?:extend )?type (?:Query|Mutation)\b[^{]*\{(.*?)^\}")
_PROTO_RPC = re2.compile(rb"(?m)^\s*rpc\s+\w+")
_PROTO_DOC = re2.compile(rb"(?m)^\s*//[^\n]*\n\s*rpc\s+\w+")


class EndpointDescriptions:
    """Facts: [endpoints, described ones, line of the first described, from a committed description]. ``value`` is the
    share described, of the committed description where it covers the more endpoints, else of the code."""

    name = "endpoint-descriptions"
    version = 2
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
        r"@Router|\[Http|\.Map(Get|Post|Put|Delete)|\.(get|post|put|patch|delete|route|openapi)\(|Route|OA\\|utoipa|oai|type (Query|Mutation)|rpc |huma|desc [\"']|operation :|def \w+\(conn|APIView|ViewSet|Resource\)"
    )

    def observe(self, data: bytes, language: str) -> Any | None:
        total, described, committed = _count(data, language)
        if not total:
            return None
        match = re2.search(rb"(?i)summary|description|\"\"\"|@doc|extend_schema|desc ", data)
        line = data.count(b"\n", 0, match.start()) + 1 if match else 1
        return [total, min(described, total), line, committed]

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        code = [(p, f) for p, f in facts if not f[3] and view.role(p) == "source"]
        committed = [(p, f) for p, f in facts if f[3]]
        best: tuple[float, list[tuple[str, Any]]] = (0.0, [])
        for group in (code, [max(committed, key=lambda pair: pair[1][0])] if committed else []):
            total = sum(f[0] for _, f in group)
            share = sum(f[1] for _, f in group) / total if total else 0.0
            if share > best[0]:
                best = (share, group)
        places = sorted((f for f in best[1] if f[1][1]), key=lambda pair: -pair[1][1])[:3]
        evidence = tuple(Evidence(p, f[2], note=f"{f[1]} of {f[0]} described") for p, f in places)
        return Answer(evidence, count=len(places), files=len(places), value=best[0])


def _count(data: bytes, language: str) -> tuple[int, int, int]:
    """(endpoints, described, 1 for a committed description) of one file."""
    if language == "python":
        return (*_python(data), 0)
    if language in ("javascript", "typescript", "tsx"):
        nest = len(_NEST_ROUTE.findall(data))
        if nest:
            return nest, len(_NEST_SPEC.findall(data)), 0
        routes = len(_JS_ROUTE.findall(data))
        return routes, max(len(_JSDOC.findall(data)), min(routes, len(_JS_SCHEMA.findall(data)))), 0
    if language == "go":
        swag = len(_GO_ROUTER.findall(data))
        return (
            (swag, swag if _GO_SWAG.search(data) else 0, 0)
            if swag
            else (len(_HUMA.findall(data)),) * 2 + (0,)
        )
    if language in ("java", "kotlin"):
        spec = len(_JAVA_SPEC.findall(data)) or (len(_JAVADOC.findall(data)) if b"therapi" in data else 0)
        return len(_JAVA_ROUTE.findall(data)), spec, 0
    if language == "csharp":
        return len(_CS_ROUTE.findall(data)), len(_CS_SPEC.findall(data)), 0
    if language == "php":
        spec = len(_PHP_SPEC.findall(data))
        return max(len(_PHP_ROUTE.findall(data)), spec), spec, 0
    if language == "ruby":
        return len(_RB_ROUTE.findall(data)), len(_RB_SPEC.findall(data)), 0
    if language == "rust":
        return len(_RS_ROUTE.findall(data)), len(_RS_SPEC.findall(data)), 0
    if language == "elixir":
        return len(_EX_ROUTE.findall(data)), len(_EX_SPEC.findall(data)), 0
    if language in ("yaml", "json"):
        if not re2.search(rb"(?m)^\s*\"?(?:openapi|swagger)\"?\s*:", data[:3000]):
            return 0, 0, 0
        operations = len(_SPEC_OPERATION.findall(data))
        return operations, min(operations, len(_SPEC_TEXT.findall(data))), 1
    if language == "graphql":
        fields = [
            row
            for block in _SDL_FIELD.findall(data)
            for row in block.split(b"\n")
            if re2.match(rb"\s*\w+[(:]", row)
        ]
        texts = sum(
            block.count(b'"""') // 2 + len(re2.findall(rb"(?m)^\s*#\s*\w", block))
            for block in _SDL_FIELD.findall(data)
        )
        return len(fields), texts, 1
    return len(_PROTO_RPC.findall(data)), len(_PROTO_DOC.findall(data)), 1


def _python(data: bytes) -> tuple[int, int]:
    total = described = 0
    for match in _PY_ROUTE.finditer(data):
        total += 1
        args = match.group(1)
        if re2.search(rb"\b(?:summary|description|openapi_extra)\s*=", args) or _docstring_follows(
            data, match.end()
        ):
            described += 1
    if (
        b"extend_schema" in data
        or b"swagger_auto_schema" in data
        or b"Resource)" in data
        or b"ViewSet" in data
        or b"APIView" in data
    ):
        views = [m.end() for m in _PY_VIEW.finditer(data)]
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
