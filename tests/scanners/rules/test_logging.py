"""Logging rules: who calls a logger, what its records look like, and where levels come from."""

import pytest

from tests.scanners.rules.judging import verdict_of, verdict_on

SERVICE = {"kind": "service", "has_http_api": True}
WORKER = {"kind": "service", "has_http_api": False}
KNOWN = {"other/a.py": "def a():\n    return 1\n"}
CPP = {"a.cpp": "int main() {\n  return 0;\n}\n"}

LINES = "    total = total + 1\n" * 25
QUIET = "def add(total):\n" + LINES


def packages(logging: int, of: int) -> dict[str, str]:
    loud = f"import logging\n{QUIET}    logging.info('added')\n"
    return {f"app/part{n}/core.py": loud if n < logging else QUIET for n in range(of)}


CALLS = [
    ("the standard logger of Python", {"a.py": "import logging\nlogging.warning('x')\n"}, "pass"),
    ("a module's own logger", {"a.py": "logger = logging.getLogger(__name__)\nlogger.info('x')\n"}, "pass"),
    ("a logger asked for on the spot", {"a.py": "logging.getLogger(__name__).info('x')\n"}, "pass"),
    ("a constant", {"a.py": "_LOGGER.debug('x')\n"}, "pass"),
    ("structlog", {"a.py": "log = structlog.get_logger()\nlog.info('x', a=1)\n"}, "pass"),
    ("prints", {"a.py": "print('x')\n"}, "fail"),
    ("a logger that is set up and never called", {"a.py": "import logging\nlogging.basicConfig()\nlog = logging.getLogger()\n"}, "fail"),
    ("commented-out calls", {"a.py": "def a():\n    # logger.info('x')\n    return 1\n"}, "fail"),
    ("calls in a docstring", {"a.py": 'def a():\n    """Say so:\n\n    logger.info(1)\n    """\n'}, "fail"),
    ("calls in tests", {**KNOWN, "tests/test_a.py": "logger.info('x')\n"}, "fail"),
    ("calls in examples", {**KNOWN, "examples/a.py": "logger.info('x')\n"}, "fail"),
    ("an installed library", {**KNOWN, "requirements.txt": "loguru\nstructlog\n"}, "fail"),
    ("pino", {"a.ts": "import pino from 'pino';\nconst logger = pino();\nlogger.info('x');\n"}, "pass"),
    ("the logger of NestJS", {"a.ts": "class A {\n  run() {\n    this.logger.log('x');\n  }\n}\n"}, "pass"),
    ("Fastify's", {"a.js": "request.log.info('x')\n"}, "pass"),
    ("the console", {"a.js": "console.log('x');\nconsole.error(e);\n"}, "fail"),
    ("a block of commented-out code", {"a.js": "/*\nlogger.info('x');\n*/\nrun();\n"}, "fail"),
    ("log of Go", {"a.go": "package a\nfunc A() {\n\tlog.Printf(\"x\")\n}\n"}, "pass"),
    ("slog", {"a.go": "package a\nfunc A() {\n\tslog.Info(\"x\")\n}\n"}, "pass"),
    ("zerolog", {"a.go": "package a\nfunc A() {\n\tlog.Info().Msg(\"x\")\n}\n"}, "pass"),
    ("fmt", {"a.go": "package a\nfunc A() {\n\tfmt.Println(\"x\")\n}\n"}, "fail"),
    ("SLF4J", {"A.java": "class A {\n  void a() {\n    LOGGER.info(\"x\");\n  }\n}\n"}, "pass"),
    ("a fluent logger", {"A.java": "class A {\n  void a() {\n    log.atInfo().log(\"x\");\n  }\n}\n"}, "pass"),
    ("a lazy logger", {"A.kt": "fun a() {\n  logger.info { \"x\" }\n}\n"}, "pass"),
    ("standard output of Java", {"A.java": "class A {\n  void a() {\n    System.out.println(\"x\");\n  }\n}\n"}, "fail"),
    ("Rails", {"a.rb": "def a\n  Rails.logger.info 'x'\nend\n"}, "pass"),
    ("puts", {"a.rb": "def a\n  puts 'x'\nend\n"}, "fail"),
    ("Laravel", {"a.php": "<?php\nLog::info('x');\n"}, "pass"),
    ("PSR-3", {"a.php": "<?php\n$this->logger->error('x');\n"}, "pass"),
    ("echo", {"a.php": "<?php\necho 'x';\n"}, "fail"),
    ("ILogger", {"A.cs": "class A {\n  void B() { _logger.LogInformation(\"x\"); }\n}\n"}, "pass"),
    ("generated log methods", {"A.cs": "partial class A {\n  [LoggerMessage(1, LogLevel.Information, \"x\")]\n  partial void B();\n}\n"}, "pass"),
    ("a pipeline behaviour", {"A.cs": "class A<T> : IPipelineBehavior<T> {\n  void B() { _logger.LogWarning(\"x\"); }\n}\n"}, "pass"),
    ("the console of .NET", {"A.cs": "class A {\n  void B() { Console.WriteLine(\"x\"); }\n}\n"}, "fail"),
    ("tracing", {"src/a.rs": "fn a() {\n    tracing::info!(\"x\");\n}\n"}, "pass"),
    ("an attribute of tracing", {"src/a.rs": "#[instrument]\nfn a() {}\n"}, "pass"),
    ("println", {"src/a.rs": "fn a() {\n    println!(\"x\");\n}\n"}, "fail"),
    ("Logger of Elixir", {"lib/a.ex": "defmodule A do\n  def a, do: Logger.info(\"x\")\nend\n"}, "pass"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in CALLS], ids=[c[0] for c in CALLS])
def test_a_logger_is_called(files: dict[str, str], expected: str) -> None:
    assert verdict_of("logging.present", files, **SERVICE) == expected


@pytest.mark.parametrize(("logging", "of", "expected"), [(1, 3, "pass"), (1, 4, "fail"), (2, 4, "pass")])
def test_a_third_of_the_packages_with_logic_must_log(logging: int, of: int, expected: str) -> None:
    assert verdict_of("logging.present", packages(logging, of), **SERVICE) == expected


def test_packages_without_logic_need_no_logger() -> None:
    without = {f"app/{name}/a.py": QUIET for name in ("models", "migrations", "schemas", "config", "types")}
    assert verdict_of("logging.present", {**packages(1, 2), **without}, **SERVICE) == "pass"


def test_pages_beside_a_server_need_no_logger() -> None:
    pages = {f"web/page{n}/a.ts": "export const a = 1;\n" * 25 for n in range(4)}
    assert verdict_of("logging.present", {**packages(2, 2), **pages}, **SERVICE) == "pass"


def test_the_evidence_is_a_line_that_logs() -> None:
    found = verdict_on("logging.present", {"a.py": "import logging\n\nlogging.info('x')\n"}, **SERVICE)
    assert [(e.path, e.line) for e in found.evidence] == [("a.py", 3)]


STRUCTURED = [
    ("structlog", {"a.py": "import structlog\n"}, "pass"),
    ("a JSON formatter of Python", {"a.py": "LOGGING = {'()': 'pythonjsonlogger.jsonlogger.JsonFormatter'}\n"}, "pass"),
    ("loguru that serialises", {"a.py": "from loguru import logger\nlogger.add(f, serialize=True)\n"}, "pass"),
    ("loguru as it comes", {"a.py": "from loguru import logger\nlogger.add(f)\n"}, "fail"),
    ("a renderer of responses", {"settings.py": "LOGGING = {'class': 'logging.StreamHandler'}\nR = ['rest_framework.renderers.JSONRenderer']\n"}, "fail"),
    ("standard logging", {"a.py": "import logging\nlogging.info('x')\n"}, "fail"),
    ("commented out", {"a.py": "# import structlog\nx = 1\n"}, "fail"),
    ("in tests alone", {**KNOWN, "tests/test_a.py": "import structlog\n"}, "fail"),
    ("installed and never used", {**KNOWN, "requirements.txt": "structlog\npython-json-logger\n"}, "fail"),
    ("pino", {"a.ts": "import pino from 'pino';\n"}, "pass"),
    ("pino for NestJS", {"a.ts": "import { LoggerModule } from 'nestjs-pino';\n"}, "pass"),
    ("winston as JSON", {"a.js": "const winston = require('winston');\nwinston.createLogger({ format: winston.format.json() });\n"}, "pass"),
    ("winston without a format is JSON", {"a.js": "const winston = require('winston');\nwinston.createLogger({ level: 'info' });\n"}, "pass"),
    ("winston as plain lines", {"a.js": "const winston = require('winston');\nwinston.createLogger({ format: winston.format.simple() });\n"}, "fail"),
    ("Fastify's logger", {"a.js": "const app = require('fastify')({ logger: true });\n"}, "pass"),
    ("Fastify's logger switched off", {"a.js": "import Fastify from 'fastify';\nconst app = Fastify({ logger: false });\n"}, "fail"),
    ("NestJS as JSON", {"a.ts": "new ConsoleLogger({ json: true });\n"}, "pass"),
    ("morgan", {"a.js": "app.use(require('morgan')('dev'));\n"}, "fail"),
    ("pino installed and never used", {"package.json": '{"dependencies": {"pino": "9"}}', "a.js": "run();\n"}, "fail"),
    ("zap", {"a.go": 'package a\nimport "go.uber.org/zap"\n'}, "pass"),
    ("slog", {"a.go": 'package a\nimport (\n\t"log/slog"\n)\n'}, "pass"),
    ("log of Go", {"a.go": 'package a\nimport "log"\n'}, "fail"),
    ("a module required and never imported", {"go.mod": "module a\nrequire go.uber.org/zap v1.27.0\n", "a.go": "package a\n"}, "fail"),
    ("an encoder of logback", {"src/main/resources/logback-spring.xml": '<encoder class="net.logstash.logback.encoder.LogstashEncoder"/>\n', "A.java": "class A {}\n"}, "pass"),
    ("a commented encoder", {"src/main/resources/logback-spring.xml": '<!-- <encoder class="net.logstash.logback.encoder.LogstashEncoder"/> -->\n', "A.java": "class A {}\n"}, "fail"),
    ("a pattern of logback", {"src/main/resources/logback.xml": "<encoder><pattern>%msg%n</pattern></encoder>\n", "A.java": "class A {}\n"}, "fail"),
    ("a format of Spring Boot", {"src/main/resources/application.properties": "logging.structured.format.console=ecs\n", "A.java": "class A {}\n"}, "pass"),
    ("a layout of Dropwizard", {"config.yml": "logging:\n  appenders:\n    - type: console\n      layout:\n        type: json\n", "A.java": "class A {}\n"}, "pass"),
    ("an encoder that is installed only", {"pom.xml": "<project><dependencies><dependency><groupId>net.logstash.logback</groupId><artifactId>logstash-logback-encoder</artifactId><version>7</version></dependency></dependencies></project>", "A.java": "class A {}\n"}, "fail"),
    ("an extension of Quarkus that works by being there", {"pom.xml": "<project><dependencies><dependency><groupId>io.quarkus</groupId><artifactId>quarkus-logging-json</artifactId></dependency></dependencies></project>", "A.java": "class A {}\n"}, "pass"),
    ("Serilog", {"A.cs": "using Serilog;\nclass A {}\n"}, "pass"),
    ("the console of .NET as JSON", {"A.cs": "builder.Logging.AddJsonConsole();\n"}, "pass"),
    ("tracing", {"src/a.rs": "use tracing::info;\nfn a() { info!(\"x\"); }\n"}, "pass"),
    ("lograge", {"Gemfile": "gem 'lograge'\n", "config/application.rb": "config.lograge.enabled = true\n"}, "pass"),
    ("lograge that is not switched on", {"Gemfile": "gem 'lograge'\n", "a.rb": "def a\nend\n"}, "fail"),
    ("monolog as JSON", {"config/logging.php": "<?php\nreturn ['formatter' => Monolog\\Formatter\\JsonFormatter::class];\n"}, "pass"),
    ("LoggerJSON", {"config/config.exs": "config :logger, :default_handler, formatter: {LoggerJSON.Formatters.Basic, []}\n"}, "pass"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in STRUCTURED], ids=[c[0] for c in STRUCTURED])
def test_records_are_structured(files: dict[str, str], expected: str) -> None:
    assert verdict_of("logging.structured", files, **SERVICE) == expected


GUNICORN = "bind = '0.0.0.0:80'\n"
REQUESTS = [
    ("own middleware of Python", {"a.py": "@app.middleware('http')\nasync def log_all(request, call_next):\n    logger.info(request.url)\n    return await call_next(request)\n"}, "pass"),
    ("a hook of Flask", {"a.py": "@app.after_request\ndef log_all(response):\n    app.logger.info('x')\n    return response\n"}, "pass"),
    ("a middleware that logs nothing", {"a.py": "@app.middleware('http')\nasync def a(request, call_next):\n    return await call_next(request)\n"}, "fail"),
    ("a route that logs", {"a.py": "@app.get('/x')\ndef x():\n    logger.info('x')\n"}, "fail"),
    ("the access log of gunicorn", {**KNOWN, "gunicorn.conf.py": GUNICORN + "accesslog = '-'\n"}, "pass"),
    ("gunicorn without one", {**KNOWN, "gunicorn.conf.py": GUNICORN}, "fail"),
    ("an option in a container", {**KNOWN, "Dockerfile": "FROM python\nCMD gunicorn --access-logfile - app\n"}, "pass"),
    ("uvicorn's default", {**KNOWN, "Dockerfile": "FROM python\nCMD uvicorn app:app\n"}, "fail"),
    ("the default switched off", {**KNOWN, "Dockerfile": "FROM python\nCMD uvicorn --no-access-log app:app\n"}, "fail"),
    ("errors of Django alone", {"settings.py": "LOGGING = {'loggers': {'django.request': {'level': 'ERROR'}}}\n"}, "fail"),
    ("morgan", {"a.js": "const morgan = require('morgan');\napp.use(morgan('combined'));\n"}, "pass"),
    ("morgan installed and never used", {"package.json": '{"dependencies": {"morgan": "1"}}', "a.js": "run();\n"}, "fail"),
    ("morgan commented out", {"a.js": "// const morgan = require('morgan');\n// app.use(morgan('dev'));\nrun();\n"}, "fail"),
    ("pino for HTTP", {"a.ts": "import pinoHttp from 'pino-http';\n"}, "pass"),
    ("an interceptor of NestJS", {"a.ts": "app.useGlobalInterceptors(new LoggingInterceptor());\n"}, "pass"),
    ("a logger given to an application", {"a.ts": "app.useLogger(app.get(Logger));\n"}, "fail"),
    ("Fastify's logger", {"a.js": "const app = Fastify({ logger: true });\n"}, "pass"),
    ("Fastify's logger switched off", {"a.js": "const app = Fastify({ logger: false });\n"}, "fail"),
    ("a logger of Redux", {"a.js": "const logger = createLogger();\nstore.use(logger());\n"}, "fail"),
    ("gin's default", {"a.go": "package a\nfunc A() {\n\tr := gin.Default()\n}\n"}, "pass"),
    ("a package of Go for it", {"a.go": "package accesslog\nfunc Handler(l log.Logger) routing.Handler {\n\treturn nil\n}\n"}, "pass"),
    ("gin without", {"a.go": "package a\nfunc A() {\n\tr := gin.New()\n}\n"}, "fail"),
    ("chi", {"a.go": "package a\nfunc A() {\n\tr := chi.NewRouter()\n\tr.Use(middleware.Logger)\n}\n"}, "pass"),
    ("own middleware of Go", {"a.go": "package a\nfunc logRequest(next http.Handler) http.Handler {\n\treturn next\n}\n"}, "pass"),
    ("a setting of Tomcat", {"application.properties": "server.tomcat.accesslog.enabled=true\n", "A.java": "class A {}\n"}, "pass"),
    ("the setting as false", {"application.properties": "server.tomcat.accesslog.enabled=false\n", "A.java": "class A {}\n"}, "fail"),
    ("a filter of Spring", {"A.java": "class A {\n  @Bean\n  CommonsRequestLoggingFilter f() { return null; }\n}\n"}, "pass"),
    ("call logging of Ktor", {"A.kt": "fun Application.a() {\n  install(CallLogging)\n}\n"}, "pass"),
    ("HTTP logging of .NET", {"A.cs": "app.UseHttpLogging();\n"}, "pass"),
    ("Serilog's", {"A.cs": "app.UseSerilogRequestLogging();\n"}, "pass"),
    ("a layer of tower", {"src/a.rs": "let app = app.layer(TraceLayer::new_for_http());\n"}, "pass"),
    ("actix", {"src/a.rs": "App::new().wrap(middleware::Logger::default())\n"}, "pass"),
    ("Plug", {"lib/a.ex": "defmodule A do\n  plug Plug.Logger\nend\n"}, "pass"),
    ("Sinatra", {"a.rb": "class A < Sinatra::Base\n  enable :logging\nend\n"}, "pass"),
    ("Rails as it comes", {"Gemfile": "gem 'rails'\n", "a.rb": "def a\nend\n"}, "pass"),
    ("a middleware of Laravel", {"A.php": "<?php\nfunction handle($request, $next) {\n  Log::info('x');\n  return $next($request);\n}\n"}, "pass"),
    ("nginx", {**KNOWN, "nginx.conf": "http {\n  access_log /var/log/a.log main;\n}\n"}, "pass"),
    ("nginx switched off", {**KNOWN, "nginx.conf": "http {\n  access_log off;\n}\n"}, "fail"),
    ("Traefik", {**KNOWN, "compose.yml": "services:\n  proxy:\n    command:\n      - --accesslog\n"}, "pass"),
    ("in tests alone", {**KNOWN, "tests/a.test.js": "const morgan = require('morgan');\n"}, "fail"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in REQUESTS], ids=[c[0] for c in REQUESTS])
def test_requests_are_logged(files: dict[str, str], expected: str) -> None:
    assert verdict_of("logging.requests", files, **SERVICE) == expected


TIMING = [
    ("a header", {"a.py": "response.headers['X-Process-Time'] = str(spent)\n"}, "pass"),
    ("a header that is allowed", {"a.py": "expose_headers=['X-Process-Time']\n"}, "fail"),
    ("a header in a comment", {"a.py": "# X-Process-Time\nx = 1\n"}, "fail"),
    ("own middleware of Python", {"a.py": "@app.middleware('http')\nasync def a(request, call_next):\n    spent = time.time() - start\n"}, "pass"),
    ("a job that is timed", {"a.py": "def job():\n    print(time.time() - start)\n"}, "fail"),
    ("an instrumentator", {"a.py": "from prometheus_fastapi_instrumentator import Instrumentator\n"}, "pass"),
    ("an instrumentator never used", {**KNOWN, "requirements.txt": "prometheus-fastapi-instrumentator\n"}, "fail"),
    ("traces of Sentry", {"a.py": "sentry_sdk.init(dsn=d, traces_sample_rate=0.1)\n"}, "pass"),
    ("morgan's dev format", {"a.js": "const morgan = require('morgan');\napp.use(morgan('dev'));\n"}, "pass"),
    ("a format of one's own", {"a.js": "import morgan from 'morgan';\nconst f = ':method :url - :response-time ms';\n"}, "pass"),
    ("morgan's Apache format holds no time", {"a.js": "const morgan = require('morgan');\napp.use(morgan('combined'));\n"}, "fail"),
    ("a format by the environment", {"a.js": "const morgan = require('morgan');\napp.use(morgan(config.format));\n"}, "pass"),
    ("response-time", {"a.js": "app.use(require('response-time')());\n"}, "pass"),
    ("a histogram", {"a.js": "const client = require('prom-client');\nconst h = new client.Histogram({});\n"}, "pass"),
    ("metrics of the process alone", {"a.js": "const client = require('prom-client');\nclient.collectDefaultMetrics();\n"}, "fail"),
    ("an interceptor of NestJS", {"a.ts": "class A implements NestInterceptor {\n  b() { return Date.now() - start; }\n}\n"}, "pass"),
    ("ages", {"a.ts": "const age = Date.now() - user.created;\n"}, "fail"),
    ("Fastify's logger", {"a.js": "const app = Fastify({ logger: true });\n"}, "pass"),
    ("gin's default", {"a.go": "package a\nfunc A() {\n\tr := gin.Default()\n}\n"}, "pass"),
    ("a difference of times", {"a.go": "package a\nfunc A(c *routing.Context) error {\n\terr := c.Next()\n\tlog.Print(time.Now().Sub(start))\n\treturn err\n}\n"}, "pass"),
    ("a limiter's clock", {"a.py": "class RateLimitMiddleware(BaseHTTPMiddleware):\n    def a(self):\n        elapsed_time = now() - last\n"}, "fail"),
    ("own middleware of Go", {"a.go": "package a\nfunc A(next http.Handler) http.Handler {\n\tlog.Print(time.Since(start))\n}\n"}, "pass"),
    ("a job of Go that is timed", {"a.go": "package a\nfunc A() {\n\tlog.Print(time.Since(start))\n}\n"}, "fail"),
    ("the actuator", {"pom.xml": "<project><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-actuator</artifactId></dependency></dependencies></project>", "A.java": "class A {}\n"}, "pass"),
    ("a filter of Java", {"A.java": "class A implements Filter {\n  void a() { long t = System.nanoTime() - start; }\n}\n"}, "pass"),
    ("a job of Java that is timed", {"A.java": "class A {\n  void a(JobRequest r) { long t = System.nanoTime() - start; }\n}\n"}, "fail"),
    ("Serilog", {"A.cs": "app.UseSerilogRequestLogging();\n"}, "pass"),
    ("a middleware of .NET", {"A.cs": "class A {\n  async Task I(HttpContext c) { var w = new Stopwatch(); await _next(c); }\n}\n"}, "pass"),
    ("a layer of tower", {"src/a.rs": "let app = app.layer(TraceLayer::new_for_http());\n"}, "pass"),
    ("a middleware of Rust", {"src/a.rs": "async fn a(r: Request, next: Next) { let t = Instant::now(); next.run(r).await; }\n"}, "pass"),
    ("a crate never used", {"Cargo.toml": "[dependencies]\nmetrics = \"0.22\"\n", "src/a.rs": "fn a() {}\n"}, "fail"),
    ("Plug", {"lib/a.ex": "defmodule A do\n  plug Plug.Telemetry\nend\n"}, "pass"),
    ("Rails as it comes", {"Gemfile": "gem 'rails'\n", "a.rb": "def a\nend\n"}, "pass"),
    ("a middleware of PHP", {"A.php": "<?php\nfunction handle($request, $next) {\n  $t = microtime(true);\n  return $next($request);\n}\n"}, "pass"),
    ("the start of Laravel", {"public/index.php": "<?php\ndefine('LARAVEL_START', microtime(true));\n// middleware\n"}, "fail"),
    ("nginx", {**KNOWN, "nginx.conf": "log_format main '$request $request_time';\n"}, "pass"),
    ("Apache", {**KNOWN, "httpd.conf": "LogFormat \"%h %D\" timed\n"}, "pass"),
    ("a date in a file of settings", {**KNOWN, "report.conf": "date_format = %D\n"}, "fail"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in TIMING], ids=[c[0] for c in TIMING])
def test_the_time_of_requests_is_measured(files: dict[str, str], expected: str) -> None:
    assert verdict_of("logging.timing", files, **SERVICE) == expected


LEVELS = [
    ("the environment in Python", {"a.py": "level = os.environ.get('LOG_LEVEL', 'INFO')\n"}, "pass"),
    ("a field of settings", {"a.py": "class Settings(BaseSettings):\n    log_level: str = 'INFO'\n"}, "pass"),
    ("by debug mode", {"a.py": "LOGGING = {'level': 'DEBUG' if DEBUG else 'INFO'}\n"}, "pass"),
    ("one fixed level", {"a.py": "logging.basicConfig(level=logging.INFO)\n"}, "fail"),
    ("a parameter", {"a.py": "def set_up(log_level: str = 'INFO'):\n    pass\n"}, "fail"),
    ("commented out", {"a.py": "# level = os.environ.get('LOG_LEVEL')\nx = 1\n"}, "fail"),
    ("the environment in Node.js", {"a.js": "const level = process.env.LOG_LEVEL || 'info';\n"}, "pass"),
    ("by NODE_ENV", {"a.js": "createLogger({ level: process.env.NODE_ENV === 'production' ? 'info' : 'debug' });\n"}, "pass"),
    ("one fixed level in Node.js", {"a.js": "createLogger({ level: 'info' });\n"}, "fail"),
    ("a tag of Go", {"a.go": "package a\ntype C struct {\n\tLevel string `env:\"LOG_LEVEL\"`\n}\n"}, "pass"),
    ("a parsed level", {"a.go": "package a\nfunc A() {\n\tl, _ := zerolog.ParseLevel(cfg.Level)\n}\n"}, "pass"),
    ("levels by name in Go", {"a.go": "package a\nvar levels = map[string]log.Level{\"info\": log.Info}\n"}, "pass"),
    ("by mode in Go", {"a.go": "package a\nfunc A() {\n\tif prod {\n\t\tzap.NewProduction()\n\t} else {\n\t\tzap.NewDevelopment()\n\t}\n}\n"}, "pass"),
    ("one fixed level in Go", {"a.go": "package a\nfunc A() {\n\tlogger, _ := zap.NewDevelopment()\n}\n"}, "fail"),
    ("a level of a mapper", {"a.go": "package a\nvar c = logger.Config{LogLevel: logger.Silent}\n"}, "fail"),
    ("a mode that is fixed", {"a.go": "package a\nfunc A() {\n\tgin.SetMode(gin.ReleaseMode)\n}\n"}, "fail"),
    ("a template of the environment", {**KNOWN, ".env.example": "PORT=1\nLOG_LEVEL=info\n"}, "pass"),
    ("a profile of Spring", {"src/main/resources/application-prod.yml": "logging:\n  level:\n    root: WARN\n", "A.java": "class A {}\n"}, "pass"),
    ("a placeholder", {"src/main/resources/application.yml": "logging:\n  level:\n    root: ${LEVEL:INFO}\n", "A.java": "class A {}\n"}, "pass"),
    ("one level of Spring", {"src/main/resources/application.yml": "logging:\n  level:\n    root: INFO\n", "A.java": "class A {}\n"}, "fail"),
    ("a profile of logback", {"src/main/resources/logback-spring.xml": '<springProfile name="prod"><root level="WARN"/></springProfile>\n', "A.java": "class A {}\n"}, "pass"),
    ("a file of .NET", {"appsettings.Development.json": '{"Logging": {"LogLevel": {"Default": "Debug"}}}', "A.cs": "class A {}\n"}, "pass"),
    ("the one file of .NET", {"appsettings.json": '{"Logging": {"LogLevel": {"Default": "Debug"}}}', "A.cs": "class A {}\n"}, "fail"),
    ("an environment of Rails", {"config/environments/production.rb": "Rails.application.configure do\n  config.log_level = :info\nend\n"}, "pass"),
    ("Rails by the environment", {"config/application.rb": "config.log_level = ENV['LOG_LEVEL']\n"}, "pass"),
    ("a commented level of Rails", {"config/environments/production.rb": "Rails.application.configure do\n  # config.log_level = :info\nend\n"}, "fail"),
    ("Laravel", {"config/logging.php": "<?php\nreturn ['level' => env('LOG_LEVEL', 'debug')];\n"}, "pass"),
    ("Symfony", {"config/packages/monolog.yaml": "when@prod:\n  monolog:\n    handlers: {}\n", "a.php": "<?php\n$a = 1;\n"}, "pass"),
    ("Rust", {"src/a.rs": "fn a() { tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env()); }\n"}, "pass"),
    ("one fixed level of Rust", {"src/a.rs": "fn a() { tracing_subscriber::fmt().with_max_level(Level::INFO); }\n"}, "fail"),
    ("Rust that sets what it reads", {"src/main.rs": 'fn main() {\n    std::env::set_var("RUST_LOG", "info");\n    env_logger::init();\n}\n'}, "fail"),
    ("Rust that sets a default", {"src/main.rs": 'fn main() {\n    if env::var("RUST_LOG").is_err() {\n        env::set_var("RUST_LOG", "info");\n    }\n    env_logger::init();\n}\n'}, "pass"),
    ("Elixir", {"config/prod.exs": "import Config\nconfig :logger, level: :info\n"}, "pass"),
    ("a container", {**KNOWN, "compose.yml": "services:\n  a:\n    environment:\n      LOG_LEVEL: debug\n"}, "pass"),
    ("a worker's fixed level", {**KNOWN, "compose.yml": "services:\n  a:\n    command: celery --app=a worker --loglevel=info\n"}, "fail"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in LEVELS], ids=[c[0] for c in LEVELS])
def test_levels_come_from_the_environment(files: dict[str, str], expected: str) -> None:
    assert verdict_of("logging.levels", files, **SERVICE) == expected


@pytest.mark.parametrize("item", ["present", "structured", "requests", "timing", "levels"])
@pytest.mark.parametrize("kind", ["frontend", "infrastructure", "documentation"])
def test_nobody_reads_logs_of_what_does_not_run(item: str, kind: str) -> None:
    files = {"a.py": "import structlog\nlog.info('x')\n"}
    assert verdict_of(f"logging.{item}", files, kind=kind, has_http_api=False) == "not_applicable"


@pytest.mark.parametrize(("item", "expected"), [("structured", "fail"), ("levels", "fail"), ("requests", "not_applicable"), ("timing", "not_applicable")])  # fmt: skip
def test_a_worker_has_no_requests(item: str, expected: str) -> None:
    assert verdict_of(f"logging.{item}", KNOWN, **WORKER) == expected


@pytest.mark.parametrize("kind", ["library", "cli"])
def test_libraries_and_programs_log_and_need_no_structure(kind: str) -> None:
    assert verdict_of("logging.present", KNOWN, kind=kind, has_http_api=False) == "fail"
    assert verdict_of("logging.structured", KNOWN, kind=kind, has_http_api=False) == "not_applicable"


@pytest.mark.parametrize("item", ["present", "structured", "requests", "timing", "levels"])
def test_logs_in_a_language_nobody_knows_are_unknown(item: str) -> None:
    assert verdict_of(f"logging.{item}", CPP, **SERVICE) == "unknown"
