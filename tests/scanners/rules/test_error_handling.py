import pytest

from tests.scanners.rules.judging import verdict_of, verdict_on

SERVICE = {"kind": "service", "has_http_api": True, "has_database": True}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"errors.py": "class AppError(Exception):\n    pass\n\nclass NotThere(AppError, KeyError):\n    pass\n"}, "pass"),
        ({"a/x.py": "class AppError(Exception): pass\n", "b/y.py": "class Gone(AppError): pass\n",
          "c/z.py": "class Late(AppError): pass\n"}, "pass"),
        ({"a/x.py": "class One(Exception): pass\n", "b/y.py": "class Two(Exception): pass\n"}, "fail"),
        ({"errors.py": "class AppError(Exception):\n    pass\n"}, "fail"),
        ({"errors.py": "# class A(Exception):\n# class B(Exception):\nx = 1\n"}, "fail"),
        ({"tests/test_a.py": "class A(Exception): ...\nclass B(Exception): ...\n", "a.py": "x = 1\n"}, "fail"),
        ({"e.ts": "export class A extends Error {}\nexport class B extends HttpException {}\n"}, "pass"),
        ({"e.jsx": "class ErrorBoundary extends Component {}\nclass A extends Error {}\n"}, "fail"),
        ({"e.go": 'var (\n\tErrA = errors.New("a")\n\tErrB = errors.New("b")\n)\n'}, "pass"),
        ({"e.go": "func (e *AErr) Error() string { return e.m }\nfunc (e BErr) Error() string { return e.m }\n"}, "pass"),
        ({"e/A.java": "class A extends RuntimeException {}\n", "e/B.java": "class B extends ShopException {}\n"}, "pass"),
        ({"e.kt": "class A(m: String) : RuntimeException(m)\nobject B : DomainError\n"}, "pass"),
        ({"e.rb": "class A < StandardError; end\nB = Class.new(StandardError)\n"}, "pass"),
        ({"e/A.php": "<?php class A extends \\Exception {}", "e/B.php": "<?php class B extends DomainException {}"}, "pass"),
        ({"Handler.php": "<?php class Handler extends ExceptionHandler {}"}, "fail"),
        ({"e.cs": "public class A : Exception {}\npublic class B(string m) : System.Exception {}\n"}, "pass"),
        ({"e.rs": '#[derive(Error)]\nenum Error {\n  #[error("a")]\n  A,\n  #[error("b")]\n  B(String),\n}\n'}, "pass"),
        ({"e.rs": '#[derive(Error)]\nenum ScanError {\n  #[error("a {0}")]\n  A(u8),\n  #[error("b")]\n  B,\n}\n'}, "pass"),
        ({"e.rs": "pub enum AppError {\n  Gone,\n  Late(String),\n}\nimpl IntoResponse for AppError {}\n"}, "pass"),
        ({"e.rs": "pub enum AppError {\n  Gone,\n  Late(String),\n}\n"}, "fail"),
        ({"e.ex": "defmodule A do\n  defexception [:m]\nend\ndefmodule B do\n  defexception [:m]\nend\n"}, "pass"),
    ],
)  # fmt: skip
def test_two_own_error_types_share_a_module_or_a_base(files: dict[str, str], expected: str) -> None:
    assert verdict_of("error-handling.exception-hierarchy", files, kind="service") == expected


def test_error_types_are_not_asked_of_infrastructure() -> None:
    assert (
        verdict_of("error-handling.exception-hierarchy", {"a.py": "x = 1\n"}, kind="infrastructure")
        == "not_applicable"
    )


HANDLERS = [
    ({"a.py": "@app.exception_handler(Exception)\ndef f(r, e): ...\n"}, "pass"),
    ({"a.py": "@app.errorhandler(404)\ndef f(e): ...\n"}, "pass"),
    ({"a.py": "handler500 = 'a.views.broken'\n"}, "pass"),
    ({"a.py": "REST_FRAMEWORK = {'EXCEPTION_HANDLER': 'a.b'}\n"}, "pass"),
    (
        {
            "a.py": "class M(BaseHTTPMiddleware):\n    def f(self):\n        try: ...\n        except Exception: ...\n"
        },
        "pass",
    ),
    ({"a.py": "try:\n    x()\nexcept Exception:\n    pass\n"}, "fail"),
    ({"a.py": "x = 1\n", "a/templates/500.html": "<h1>Sorry</h1>\n"}, "pass"),
    ({"a.js": "app.use((err, req, res, next) => { res.status(500).json({}) });\n"}, "pass"),
    ({"a.js": "app.use((req, res, next) => { next() });\n"}, "fail"),
    ({"a.ts": "@Catch()\nexport class F implements ExceptionFilter {}\n"}, "pass"),
    ({"a.js": "list.onError(error);\n"}, "fail"),
    ({"a.go": "r := gin.Default()\n"}, "pass"),
    ({"a.go": "r := gin.New()\n"}, "fail"),
    ({"a.go": "view, err := RecoveryKey()\n"}, "fail"),
    ({"a.go": "c := jwtMiddleware.Config{ErrorHandler: jwtError}\n"}, "fail"),
    ({"a.go": "app := fiber.New(fiber.Config{ErrorHandler: handle})\n"}, "pass"),
    ({"a.rs": "impl actix_web::error::ResponseError for AppError {}\n"}, "pass"),
    ({"a.go": "r.Use(RecoverPanic(log))\n"}, "pass"),
    (
        {
            "a.go": "func Handler() routing.Handler {\n\tdefer func() {\n\t\tif e := recover(); e != nil {\n\t\t\tc.Write(e)\n\t\t}\n\t}()\n}\n"
        },
        "pass",
    ),
    ({"a.go": "func work() {\n\tdefer func() {\n\t\trecover()\n\t}()\n}\n"}, "fail"),
    ({"a.go": "func getStatusCode(err error) int { return 1 }\n"}, "pass"),
    ({"A.java": "@RestControllerAdvice\nclass A {}\n"}, "pass"),
    ({"A.java": "@RestController\nclass A { @ExceptionHandler void f() {} }\n"}, "fail"),
    ({"A.java": "class A {}\n", "src/main/resources/templates/error.html": "<p th:text='${e}'>\n"}, "pass"),
    ({"A.kt": "fun DomainError.toResponse() = 1\n"}, "pass"),
    ({"A.kt": "install(StatusPages) { }\n"}, "pass"),
    ({"a.rb": "rescue_from StandardError, with: :broken\n"}, "pass"),
    (
        {
            "a.rb": "x = 1\n",
            "public/500.html": "<title>We're sorry, but something went wrong (500)</title>\n",
        },
        "fail",
    ),
    ({"a.rb": "x = 1\n", "public/500.html": "<title>Our shop is closed</title>\n"}, "pass"),
    (
        {
            "H.php": "<?php class H extends ExceptionHandler { function render($r, $e) { return response()->json([]); } }"
        },
        "pass",
    ),
    (
        {
            "H.php": "<?php class H extends ExceptionHandler { function render($r, $e) { return parent::render($r, $e); } }"
        },
        "fail",
    ),
    ({"A.cs": "app.UseExceptionHandler();\n"}, "pass"),
    ({"A.cs": "app.UseDeveloperExceptionPage();\n"}, "fail"),
    ({"a.rs": "impl IntoResponse for AppError {}\n"}, "pass"),
    ({"a.ex": "action_fallback ShopWeb.FallbackController\n"}, "pass"),
]


@pytest.mark.parametrize(("files", "expected"), HANDLERS)
def test_one_place_turns_uncaught_errors_into_responses(files: dict[str, str], expected: str) -> None:
    assert verdict_of("error-handling.global-handler", files, **SERVICE) == expected


@pytest.mark.parametrize("item", ["error-handling.global-handler", "error-handling.http-status"])
def test_what_serves_no_http_needs_no_handler_and_no_codes(item: str) -> None:
    assert verdict_of(item, {"a.py": "x = 1\n"}, kind="library", has_http_api=False) == "not_applicable"


JSON_PY = "from fastapi.responses import JSONResponse\nfrom fastapi import HTTPException\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": JSON_PY + "raise HTTPException(404)\n" * 3}, "pass"),
        ({"a.py": JSON_PY + "x = 1\n"}, "fail"),
        ({"a.py": JSON_PY + "@app.exception_handler(E)\ndef f(r, e): return JSONResponse({})\n"}, "pass"),
        ({"a.py": "jsonify(x)\ndef error_response(code): ...\n"}, "pass"),
        ({"a.js": "app.use((err, req, res, next) => { res.status(err.s).json({ m: err.m }); });\n"}, "pass"),
        ({"a.js": "app.use((err, req, res, next) => { res.json({}); });\n",
          "s.js": "throw new HttpException(422, { errors: {} });\n" * 3}, "fail"),
        ({"a.js": "r.get('/', (req, res) => res.status(400).json({ a: 1 }));\n"}, "fail"),
        ({"a.go": "c.JSON(400, x)\nfunc errorResponse(c *gin.Context, code int) {}\n"}, "pass"),
        ({"a.go": 'c.JSON(400, gin.H{"x": 1})\n'}, "fail"),
        ({"A.java": "@RestController class A {}\n@RestControllerAdvice class B {}\n"}, "pass"),
        ({"a.rb": "render json: x\ndef render_error(code)\nend\n"}, "pass"),
        ({"a.rb": "render json: { errors: 1 }\n"}, "fail"),
        ({"A.php": "<?php return response()->json([]); function respondError($m) {}"}, "pass"),
        ({"A.cs": "Results.Ok();\nservices.AddProblemDetails();\n"}, "pass"),
        ({"a.rs": "Json<A>\nimpl ResponseError for E {}\n"}, "pass"),
        ({"a.ex": "json(conn, x)\naction_fallback A\n"}, "pass"),
        ({"a.py": "def f(request):\n    return render(request, 'a.html')\n"}, "not_applicable"),
    ],
)  # fmt: skip
def test_error_bodies_have_one_shape(files: dict[str, str], expected: str) -> None:
    assert verdict_of("error-handling.consistent-format", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "raise HTTPException(status_code=404)\nraise HTTPException(409)\nreturn {}, 422\n"}, "pass"),
        ({"a.py": "raise HTTPException(status_code=404)\nraise HTTPException(status_code=404)\n"}, "fail"),
        ({"a.py": "class A(E):\n    _status_code = 404\nclass B(E):\n    _status_code = 403\nclass C(E):\n    _status_code = 409\n"}, "pass"),
        ({"a.py": "if r.status_code == 404: ...\nif r.status_code == 409: ...\nif r.status_code == 500: ...\n"}, "fail"),
        ({"a.py": "raise Http404\nraise PermissionDenied\nraise ValidationError('x')\n"}, "pass"),
        ({"a.py": "status.HTTP_404_NOT_FOUND\nstatus.HTTP_403_FORBIDDEN\nHTTPStatus.CONFLICT\n"}, "pass"),
        ({"a.py": "NOT_FOUND = 404\nCONFLICT = 409\nGONE = 410\n"}, "fail"),
        ({"a.js": "res.status(404).json({});\nres.sendStatus(401);\nthrow createError(422);\n"}, "pass"),
        ({"a.ts": "throw new NotFoundException();\nthrow new ConflictException();\nHttpStatus.FORBIDDEN;\n"}, "pass"),
        ({"frontend/a.tsx": "throw new NotFoundError();\nthrow new ConflictError();\nthrow new GoneError();\n",
          "a.py": "x = 1\n"}, "fail"),
        ({"a.go": "http.StatusNotFound\nhttp.StatusConflict\nhttp.StatusBadRequest\n"}, "pass"),
        ({"a.go": "switch {\ncase http.StatusNotFound:\ncase http.StatusConflict:\ncase http.StatusBadRequest:\n}\n"}, "fail"),
        ({"A.java": "@ResponseStatus(HttpStatus.NOT_FOUND)\nResponseEntity.badRequest()\nthrow new ForbiddenException();\n"}, "pass"),
        ({"A.java": '@ApiResponse(responseCode = "404")\n@ApiResponse(responseCode = "409")\n'
                    '@ApiResponse(responseCode = "410")\n'}, "fail"),
        ({"a.rb": "head :not_found\nrender json: x, status: :unprocessable_entity\nrender plain: y, status: 403\n"}, "pass"),
        ({"a.php": "<?php abort(403); return response()->json([], 422); User::findOrFail(1);"}, "pass"),
        ({"a.cs": "return NotFound();\nreturn Results.Conflict();\nreturn Forbid();\n"}, "pass"),
        ({"a.rs": "Self::A => StatusCode::NOT_FOUND,\nSelf::B => StatusCode::CONFLICT,\nHttpResponse::BadRequest()\n"}, "pass"),
        ({"a.ex": "put_status(:not_found)\nsend_resp(conn, 401, x)\nput_status(conn, :conflict)\n|> put_status(422)\n"}, "pass"),
    ],
)  # fmt: skip
def test_three_codes_are_set_on_purpose(files: dict[str, str], expected: str) -> None:
    assert verdict_of("error-handling.http-status", files, **SERVICE) == expected


def test_each_code_is_evidence_of_its_own() -> None:
    files = {
        "a.py": "raise HTTPException(status_code=404)\nraise HTTPException(409)\nraise HTTPException(422)\n"
    }
    notes = [e.note for e in verdict_on("error-handling.http-status", files, **SERVICE).evidence]
    assert sorted(notes) == ["404", "409", "422"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "logger.exception('a')\nlog.error('b', exc_info=True)\nlogger.warning(f'c {e}')\n"}, "pass"),
        ({"a.py": "logger.exception('a')\nlogger.error(e)\n"}, "fail"),
        ({"a.py": "print(e)\nprint(e)\nprint(e)\n"}, "fail"),
        ({"a.py": "@app.exception_handler(Exception)\ndef f(r, e):\n    logger.error('x')\n"}, "pass"),
        ({"a.js": "console.error(err);\nconsole.error(err);\nconsole.error(err);\n"}, "fail"),
        ({"a.js": "logger.error('a', err);\nlog.warn({ err });\nlogger.error(`x ${error}`);\n"}, "pass"),
        ({"a.js": "app.use((err, req, res, next) => { logger.error(err); });\n"}, "pass"),
        ({"a.go": 'log.Error().Err(err).Msg("")\nslog.Error("x", "err", err)\nlogger.Errorf("x %v", err)\n'}, "pass"),
        ({"A.java": 'log.error("a", e);\nLOG.warn("b", ex);\nlogger.error("c", exception);\n'}, "pass"),
        ({"A.kt": 'logger.error(e) { "x" }\nlogger.warn(e) { "x" }\nlog.error("x", e)\n'}, "pass"),
        ({"a.rb": 'logger.error("x #{e.message}")\nRails.logger.warn(e)\nRails.error.report(e)\n'}, "pass"),
        ({"H.php": "<?php class H extends ExceptionHandler { function report($e) { parent::report($e); } }"}, "pass"),
        ({"A.cs": '_logger.LogError(ex, "a");\n_logger.LogError(e, "b");\nLog.Error(ex, "c");\n'}, "pass"),
        ({"a.rs": 'error!("x {}", err);\ntracing::warn!(?e, error = %e);\nerror!(error = %error);\n'}, "pass"),
        ({"a.ex": 'Logger.error("x #{inspect(e)}")\nLogger.warning(inspect(reason))\nLogger.error(Exception.message(e))\n'}, "pass"),
    ],
)  # fmt: skip
def test_caught_errors_are_logged_in_several_places_or_one_central(
    files: dict[str, str], expected: str
) -> None:
    assert verdict_of("error-handling.logged", files, kind="service") == expected


def test_a_library_need_not_log_errors() -> None:
    assert verdict_of("error-handling.logged", {"a.py": "x = 1\n"}, kind="library") == "not_applicable"


@pytest.mark.parametrize("item", ["global-handler", "http-status", "logged"])
def test_languages_without_rules_are_unknown(item: str) -> None:
    assert (
        verdict_of(f"error-handling.{item}", {"src/main.swift": "let a = 1\n" * 40}, **SERVICE) == "unknown"
    )
