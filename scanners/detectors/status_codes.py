"""Which error codes of HTTP first-party handlers answer with, by number, constant, exception or helper."""

from itertools import islice
from typing import TYPE_CHECKING, Any

import re2

from scanners.comments import in_comment
from scanners.detectors.base import Facts
from scanners.detectors.layers import is_front_end
from scanners.facts import Answer, Evidence
from scanners.lazy import lazy_re2

if TYPE_CHECKING:
    from scanners.view import TreeView

_CODES = {
    "badrequest": 400, "invalidargument": 400, "unauthorized": 401, "unauthenticated": 401, "authenticationfailed": 401,
    "notauthenticated": 401, "forbidden": 403, "permissiondenied": 403, "notfound": 404, "methodnotallowed": 405, "notallowed": 405, "internal": 500,
    "notacceptable": 406, "requesttimeout": 408, "conflict": 409, "alreadyexists": 409, "gone": 410,
    "preconditionfailed": 412, "failedprecondition": 412, "payloadtoolarge": 413, "requestentitytoolarge": 413,
    "contenttoolarge": 413, "unsupportedmediatype": 415, "imateapot": 418, "unprocessableentity": 422,
    "unprocessablecontent": 422, "unprocessable": 422, "locked": 423, "faileddependency": 424, "preconditionrequired": 428,
    "toomanyrequests": 429, "resourceexhausted": 429, "internalservererror": 500, "internalerror": 500, "servererror": 500,
    "notimplemented": 501, "unimplemented": 501, "badgateway": 502, "serviceunavailable": 503, "unavailable": 503,
    "gatewaytimeout": 504,
}  # fmt: skip
_NAMES = (
    r"(?P<N>(?i:bad_?request|un_?authorized|forbidden|not_?found|method_?not_?allowed|not_?acceptable|request_?timeout|conflict|"
    r"gone|precondition_?failed|payload_?too_?large|request_?entity_?too_?large|content_?too_?large|unsupported_?media_?type|"
    r"im_?a_?teapot|unprocessable_?entity|unprocessable_?content|locked|failed_?dependency|precondition_?required|"
    r"too_?many_?requests|internal_?server_?error|server_?error|not_?implemented|bad_?gateway|service_?unavailable|"
    r"gateway_?timeout))"
)


def _named(group: str, names: str = _NAMES) -> str:
    return names.replace("P<N>", f"P<{group}>")


_CONSTANT = (
    r"\b(?:https?\.Status|fiber\.(?:Status|Err)|iris\.Status|fasthttp\.Status|consts\.Status|HttpStatus\.|HTTPStatus\.|httpStatus\.|"
    r"httpstatus\.|http_status\.|StatusCodes\.(?:Status[45]\d\d)?|StatusCode::|StatusCode\.|HttpStatusCode\.|Status::|"
    r"Response\.Status\.|Status\.|HttpCode\.|HttpStatusCodes\.|HTTP_STATUS\.|HTTP_(?:[45]\d\d_)?|status\.HTTP_[45]\d\d_|Response::HTTP_|"
    r"HttpResponse::|Boom\.|[cC]reateError\.|[cC]reateHttpError\.|httpErrors\.|web\.HTTP|exc\.HTTP|TypedResults\.|Results\.|"
    r"echo\.Err|HttpResponseStatus\.)"
) + _named("a")
_THROWN = r"\b(?:new|raise|throw|abort_with)\s+(?:\w+(?:\.|::|\\))*(?:Http|HTTP|Api)?" + _named("b") + r"\w*"
_CALLED = (
    r"(?:\.|::|->|\b(?:return|=>)\s+(?:this\.|await\s+)?)(?:(?:JSON|HTML|Text|Send|send|respond|render|error|Write|write)(?:Error)?_?)?"
    + _named("c")
    + r"(?:Error|Response|Exception|AsJson|Async)?\("
)
_NUMBER = (
    r"(?:(?:\b|_)status(?:_?[cC]ode)?[\"'\]]*\s*(?:=|:|\(|=>)\s*|\bstatus\w*\(?[^\n]*(?:\|\||\?\?)\s*|\b(?:sendStatus|abort|abort_if|abort_unless|halt|head|HTTPException|HttpException|HttpError|"
    r"HTTPError|ApiError|APIError|AppError|[cC]reateError|createHttpError|http_error|http_response_code|setStatus(?:Code)?|WriteHeader|"
    r"put_status|AbortWithStatus(?:JSON)?|error!|ErrorResponse|NewHTTPError|NewError|StatusCode|HttpResponse|Response|error|code|statusCode|super|"
    r"respond_with_error|ResponseEntity\.status|ErrorHandler|c\.(?:JSON|String|Status|Data|HTML))\s*\(?\s*(?:\w+\s*,\s*)?[\"']?|"
    r"\b(?:abort|send_resp|send_error|http\.Error|abort_json|render_error|json|writeError|error_response|make_response|Problem|ObjectResult|problem|respondError|jsonError|error|withStatus|response|make)\([^\n]*?,\s*)"
    r"(?P<d>4[0-5]\d|50\d|51[01])\b|"
    r"\b(?:new|raise)\s+[\w.]+\([^\n]*?,\s*(?P<n>4[0-5]\d|50\d|51[01])\s*[,)]"
)
_LAST = r"[\])}\"']\s*,\s*(?P<l>4[0-5]\d|50\d|51[01])\s*(?:$|\)|,\s*\{)"
_SYMBOL = (
    r"(?:\bstatus(?::|\s*=>|\()?\s*|\bhead\(?\s*|put_status\(\s*(?:\w+,\s*)?|send_resp\(\w+,\s*|error!\([^\n]*?,\s*|halt\s+|\babort\s+):"
    + _named("e")
)
_IMPLICIT = {
    "python": r"(?P<p404>\bHttp404\b|get_(?:object|list)_or_404\(|first_or_404\(|get_or_404\()|(?P<p405>@require_(?:POST|GET|http_methods|safe)\b)|"
    r"\bHttpResponse(?P<f>NotFound|BadRequest|Forbidden|Gone|NotAllowed|ServerError)\b|"
    r"raise\s+(?:\w+\.)*(?P<g>PermissionDenied|AuthenticationFailed|NotAuthenticated|NotFound|MethodNotAllowed)\b|"
    r"(?P<p400>raise\s+(?:serializers\.|exceptions\.)?ValidationError\(|raise_exception\s*=\s*True|\bSuspiciousOperation\()|(?P<p429>raise\s+(?:\w+\.)*Throttled\b)",
    "php": r"(?P<p404>findOrFail\(|firstOrFail\(|createNotFoundException\(|NotFoundHttpException|ModelNotFoundException)|"
    r"(?P<p403>denyAccessUnlessGranted\(|createAccessDeniedException\(|AccessDenied(?:Http)?Exception|AuthorizationException|->authorize\(|function\s+authorize\(\)[^{]*\{\s*(?:\$|return\s+(?:\$|auth|Gate|Auth)))|"
    r"(?P<p422>extends\s+(?:FormRequest|ApiRequest)\b|ValidationException::withMessages|->validate\(\s*\[)|(?P<p401>AuthenticationException|UnauthorizedHttpException)",
    "go": r"\b(?:codes\.|connect\.Code)(?P<f>InvalidArgument|Unauthenticated|PermissionDenied|NotFound|AlreadyExists|FailedPrecondition|Internal|Unavailable|ResourceExhausted|Unimplemented)\b",
    "csharp": r"(?P<p403>\bForbid\(\)|\.Forbid\()|(?P<p401>\bChallenge\()|(?P<p400>ValidationProblem\()",
    "rust": r"\bError(?P<f>BadRequest|Unauthorized|Forbidden|NotFound|Conflict|Gone|UnprocessableEntity|InternalServerError|TooManyRequests)\b",
    "ruby": r"(?P<p404>ActiveRecord::RecordNotFound|RoutingError)|(?P<p403>CanCan::AccessDenied|Pundit::NotAuthorizedError)",
    "elixir": r"(?P<p404>Repo\.get!|Repo\.get_by!|Ecto\.NoResultsError)|plug_status:\s*(?P<h>[45]\d\d)",
}  # fmt: skip
_LANGUAGES = (
    "python", "javascript", "typescript", "go", "java", "kotlin", "scala", "groovy", "ruby", "php", "csharp", "rust",
    "elixir",
)  # fmt: skip
_COMPARED = lazy_re2(
    rb"(?:[=!<>]==?\s*|\bcase\s+|\bin\s*[(\[{]\s*|when\s+|[^=|-][<>]\s*|\bis\s+|equal\w*\(\s*|Is\(err,\s*\w*\.?)$"
)
_COMPARED_AFTER = lazy_re2(rb"^\s*(?:===?|!==?|\)?\s*===?|:\s*[{\[\"'(])")
_DESCRIBED = lazy_re2(
    rb"@ApiResponse|@Api\w*Response|@OA\b|ProducesResponseType|\.Produces\w*\(|\bresponses\s*[=:]|SwaggerResponse|@swagger|@throws|"
    rb"assert|expect\(|\.status_code\s*==|\.status\s*===?|raise_for_status|@doc\b|OpenApi\w*\("
)


def _pattern(language: str) -> Any:
    parts = [_CONSTANT, _NUMBER]
    if language in ("ruby", "elixir"):
        parts.append(_SYMBOL)
    if language != "go":
        parts.append(_THROWN)
    if language not in ("python", "ruby", "elixir", "rust"):
        parts.append(_CALLED)
    if language in ("python", "php"):
        parts.append(_LAST)
    if language in _IMPLICIT:
        parts.append(_IMPLICIT[language])
    return re2.compile(("(?m)" + "|".join(f"(?:{part})" for part in parts)).encode())


_PATTERNS: dict[str, Any] = {}
_HTTP_501 = frozenset(["javascript", "typescript"])
_UNWRITTEN = lazy_re2(rb"\bNotImplemented(?:Error|Exception)$")
"""Of a language rather than of HTTP: the mark of a method that is still to be written."""
_MAX_PLACES = 2000
"""A bound on what one hostile file may cost."""


class StatusCodes:
    """Facts per file: {code: line}. ``value`` is the number of different 4xx and 5xx codes that handlers set.

    Codes that are compared with (a client's answer), that only describe (annotations) and front-end code do not count.
    """

    name = "status-codes"
    version = 3
    languages = frozenset(_LANGUAGES)
    roles = frozenset(["source"])
    gate = (
        r"\b[45]\d\d\b|HttpStatus|HTTPStatus|http\.Status|fiber\.Err|StatusCode|[hH]ttpStatus|Http404|or_404|HttpResponse|Exception|Results\."
        r"|NotFound|BadRequest|notFound|not_found|Unauthorized|unauthorized|Forbidden|forbidden|OrFail|raise |codes\.|connect\.Code"
    )

    def observe(self, data: bytes, language: str) -> Any | None:
        if language not in _PATTERNS:
            _PATTERNS[language] = _pattern(language)
        found: dict[str, int] = {}
        for match in islice(_PATTERNS[language].finditer(data), _MAX_PLACES):
            code = _code(match)
            if code == "501" and language not in _HTTP_501 and _UNWRITTEN.search(match[0]):
                continue
            if not code or code in found or in_comment(data, match.start(), language):
                continue
            start = data.rfind(b"\n", 0, match.start()) + 1
            end = data.find(b"\n", match.end())
            line = data[start : end if end != -1 else len(data)][:1000]
            if _COMPARED.search(data[max(start, match.start() - 24) : match.start()]) or _DESCRIBED.search(
                line
            ):
                continue
            if _COMPARED_AFTER.search(data[match.end() : match.end() + 12]):
                continue
            found[code] = data.count(b"\n", 0, match.end()) + 1
        return found or None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        places: dict[str, Evidence] = {}
        files: set[str] = set()
        for path, found in sorted(facts, key=lambda pair: (-len(pair[1]), pair[0])):
            if is_front_end(path):
                continue
            files.add(path)
            for code, line in found.items():
                places.setdefault(code, Evidence(path, line, note=code))
        evidence = tuple(places[code] for code in sorted(places))[:5]
        return Answer(evidence, count=len(places), files=len(files), value=float(len(places)))


def _code(match: Any) -> str:
    for group, text in match.groupdict().items():
        if text is None:
            continue
        group_name: str = group.decode()  # a bytes pattern's groups are named in bytes
        if group_name[0] == "p" and group_name[1:].isdigit():
            return group_name[1:]
        word: str = text.decode("ascii", "replace")
        if word.isdigit():
            return word
        name = word.lower().replace("_", "")
        known = _CODES.get(name)
        return str(known) if known else ""
    return ""
