"""Observability rules: agents, metrics, traces, health endpoints and dashboards that are wired, not only installed."""

import pytest

from tests.scanners.rules.judging import verdict_of

SERVICE = {"kind": "service", "has_http_api": True}
KNOWN = {"other/a.py": "def a():\n    return 1\n"}
JAVA = {"A.java": "class A {\n  void a() {}\n}\n"}
CPP = {"a.cpp": "int main() {\n  return 0;\n}\n"}
ITEMS = ["apm", "metrics", "tracing", "health-checks", "dashboards"]


def pom(group: str, artifact: str) -> dict[str, str]:
    declared = f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId></dependency>"
    return {**JAVA, "pom.xml": f"<project><dependencies>{declared}</dependencies></project>"}


APM = [
    ("New Relic", {"a.py": "import newrelic.agent\nnewrelic.agent.initialize()\n"}, "pass"),
    ("Datadog", {"a.py": "from ddtrace import patch_all\n"}, "pass"),
    ("an agent of Node.js", {"a.js": "require('elastic-apm-node').start();\n"}, "pass"),
    ("an agent of Go", {"a.go": 'package a\nimport "github.com/newrelic/go-agent/v3/newrelic"\n'}, "pass"),
    ("an agent of Rust", {"src/a.rs": "fn a() { pyroscope::PyroscopeAgent::builder(u, n); }\n"}, "pass"),
    ("a gem that works by being there", {"Gemfile": "gem 'newrelic_rpm'\n", "a.rb": "def a\nend\n"}, "pass"),
    ("performance of Sentry", {"a.py": "sentry_sdk.init(dsn=d, traces_sample_rate=0.2)\n"}, "pass"),
    ("Sentry without traces", {"a.py": "sentry_sdk.init(dsn=d)\n"}, "fail"),
    ("Sentry with a rate of nothing", {"a.py": "sentry_sdk.init(dsn=d, traces_sample_rate=0)\n"}, "fail"),
    ("tracing switched off", {"a.py": "sentry_sdk.init(dsn=d, enable_tracing=False)\n"}, "fail"),
    ("performance of Sentry in Node.js", {"a.ts": "Sentry.init({ dsn, tracesSampleRate: 0.1 });\n"}, "pass"),
    ("a rate of nothing in Node.js", {"a.ts": "Sentry.init({ dsn, tracesSampleRate: 0 });\n"}, "fail"),
    ("a rate of nothing, with digits", {"a.ts": "Sentry.init({ dsn, tracesSampleRate: 0.0 });\n"}, "fail"),
    ("performance of Sentry in Go", {"a.go": "package a\nfunc A() {\n\tsentry.Init(sentry.ClientOptions{TracesSampleRate: 1.0})\n}\n"}, "pass"),
    ("performance of Sentry in Ruby", {"a.rb": "Sentry.init do |config|\n  config.traces_sample_rate = 0.5\nend\n"}, "pass"),
    ("a setting of Spring", {**JAVA, "application.yml": "sentry:\n  traces-sample-rate: 0.3\n"}, "pass"),
    ("an agent in a container", {**JAVA, "Dockerfile": "FROM temurin\nCMD java -javaagent:/dd-java-agent.jar -jar a.jar\n"}, "pass"),
    ("a launcher", {**KNOWN, "Procfile": "web: newrelic-admin run-program gunicorn a\n"}, "pass"),
    ("Application Insights", {"A.cs": "builder.Services.AddApplicationInsightsTelemetry();\n"}, "pass"),
    ("a settings file of an agent", {"config/newrelic.yml": "common:\n  app_name: a\n", "a.rb": "def a\nend\n"}, "pass"),
    ("OpenTelemetry counts as tracing", {"a.py": "from opentelemetry.sdk.trace.export import BatchSpanProcessor\n"}, "fail"),
    ("an agent that is installed only", {**KNOWN, "requirements.txt": "ddtrace\nnewrelic\n"}, "fail"),
    ("commented out", {"a.py": "# import newrelic.agent\nx = 1\n"}, "fail"),
    ("in tests", {**KNOWN, "tests/test_a.py": "import newrelic.agent\n"}, "fail"),
    ("in examples", {**KNOWN, "examples/a.py": "import newrelic.agent\n"}, "fail"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in APM], ids=[c[0] for c in APM])
def test_an_agent_is_wired(files: dict[str, str], expected: str) -> None:
    assert verdict_of("observability.apm", files, **SERVICE) == expected


METRICS = [
    ("the client of Python", {"a.py": "from prometheus_client import Counter\n"}, "pass"),
    ("an endpoint", {"a.py": "@app.get('/metrics')\ndef metrics(): ...\n"}, "pass"),
    ("an endpoint called elsewhere", {"a.py": "requests.get('https://other.example/metrics')\n"}, "fail"),
    ("metrics of a model", {"a.py": "from sklearn.metrics import f1_score\nname = 'metrics'\n"}, "fail"),
    ("statsd", {"a.py": "c = StatsClient('localhost')\n"}, "pass"),
    ("the client of Node.js", {"a.ts": "import { Registry } from 'prom-client';\n"}, "pass"),
    ("a page of metrics", {"a.tsx": "<Route path='/metrics' element={<Metrics />} />\n"}, "fail"),
    ("the client of Go", {"a.go": 'package a\nimport "github.com/prometheus/client_golang/prometheus"\n'}, "pass"),
    ("expvar", {"a.go": 'package a\nimport _ "expvar"\n'}, "pass"),
    ("a registry of Micrometer", pom("io.micrometer", "micrometer-registry-prometheus"), "pass"),
    ("the actuator alone", pom("org.springframework.boot", "spring-boot-starter-actuator"), "fail"),
    ("the actuator that exposes everything", {**JAVA, "application.properties": "management.endpoints.web.exposure.include=*\n"}, "pass"),
    ("the actuator that exposes health", {**JAVA, "application.properties": "management.endpoints.web.exposure.include=health\n"}, "fail"),
    ("metrics of .NET", {"A.cs": "app.MapMetrics();\n"}, "pass"),
    ("metrics of Ruby", {"a.rb": "HITS = Prometheus::Client::Counter.new(:hits, docstring: 'x')\n"}, "pass"),
    ("metrics of PHP", {"a.php": "<?php\nuse Prometheus\\CollectorRegistry;\n"}, "pass"),
    ("metrics of Rust", {"src/a.rs": "fn a() { prometheus::register(Box::new(c)); }\n"}, "pass"),
    ("metrics of Elixir", {"lib/a.ex": "defmodule A do\n  use PromEx, otp_app: :a\nend\n"}, "pass"),
    ("a proxy that exports", {**KNOWN, "compose.yml": "services:\n  proxy:\n    command: [--metrics.prometheus]\n"}, "pass"),
    ("installed only, in Python", {**KNOWN, "requirements.txt": "prometheus-client\n"}, "fail"),
    ("installed only, in Ruby", {"Gemfile": "gem 'prometheus-client'\n", "a.rb": "def a\nend\n"}, "fail"),
    ("installed only, in Rust", {"Cargo.toml": "[dependencies]\nprometheus = \"0.13\"\n", "src/a.rs": "fn a() {}\n"}, "fail"),
    ("installed only, in PHP", {"composer.json": '{"require": {"promphp/prometheus_client_php": "2"}}', "a.php": "<?php\n$a = 1;\n"}, "fail"),
    ("commented out", {"a.py": "# from prometheus_client import Counter\nx = 1\n"}, "fail"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in METRICS], ids=[c[0] for c in METRICS])
def test_metrics_are_exported(files: dict[str, str], expected: str) -> None:
    assert verdict_of("observability.metrics", files, **SERVICE) == expected


TRACING = [
    ("an exporter of Python", {"a.py": "from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter\n"}, "pass"),
    ("spans that are never exported", {"a.py": "from opentelemetry import trace\ntracer = trace.get_tracer(__name__)\n"}, "fail"),
    ("Datadog", {"a.py": "import ddtrace\n"}, "pass"),
    ("Sentry with traces", {"a.py": "sentry_sdk.init(dsn=d, traces_sample_rate=1.0)\n"}, "pass"),
    ("Sentry with a rate of nothing", {"a.ts": "Sentry.init({ dsn, tracesSampleRate: 0 });\n"}, "fail"),
    ("the SDK of Node.js", {"a.ts": "import { NodeSDK } from '@opentelemetry/sdk-node';\n"}, "pass"),
    ("the interface of Node.js alone", {"a.ts": "import { trace } from '@opentelemetry/api';\n"}, "fail"),
    ("an exporter of Go", {"a.go": 'package a\nimport "go.opentelemetry.io/otel/exporters/otlp/otlptrace"\n'}, "pass"),
    ("the interface of Go alone", {"a.go": 'package a\nimport "go.opentelemetry.io/otel/trace"\n'}, "fail"),
    ("another interface of Go alone", {"a.go": 'package a\nimport "github.com/opentracing/opentracing-go"\n'}, "fail"),
    ("a bridge of Micrometer", pom("io.micrometer", "micrometer-tracing-bridge-otel"), "pass"),
    ("a setting of Quarkus", {**JAVA, "application.properties": "quarkus.otel.exporter.otlp.endpoint=http://x\n"}, "pass"),
    ("an exporter of .NET", {"A.cs": "builder.Services.AddOpenTelemetry().UseOtlpExporter();\n"}, "pass"),
    ("an exporter of Rust", {"src/a.rs": "fn a() { opentelemetry_otlp::new_pipeline(); }\n"}, "pass"),
    ("spans of Rust that stay in the log", {"src/a.rs": "#[tracing::instrument]\nfn a() {}\n"}, "fail"),
    ("the SDK of Ruby", {"a.rb": "OpenTelemetry::SDK.configure do |c|\n  c.use_all\nend\n"}, "pass"),
    ("an exporter of Elixir", {"mix.exs": 'defmodule A.MixProject do\n  def project, do: [app: :a, deps: [{:opentelemetry_exporter, "~> 1.0"}]]\nend\n'}, "pass"),
    ("an agent in a container", {**JAVA, "Dockerfile": "FROM temurin\nCMD java -javaagent:/opentelemetry-javaagent.jar -jar a.jar\n"}, "pass"),
    ("New Relic counts", {"a.js": "require('newrelic');\n"}, "pass"),
    ("installed only", {**KNOWN, "requirements.txt": "opentelemetry-exporter-otlp\n"}, "fail"),
    ("installed only, in Rust", {"Cargo.toml": "[dependencies]\nopentelemetry = \"0.20\"\n", "src/a.rs": "fn a() {}\n"}, "fail"),
    ("in tests", {**KNOWN, "tests/test_a.py": "import ddtrace\n"}, "fail"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in TRACING], ids=[c[0] for c in TRACING])
def test_spans_are_exported(files: dict[str, str], expected: str) -> None:
    assert verdict_of("observability.tracing", files, **SERVICE) == expected


HEALTH = [
    ("FastAPI", {"a.py": "@router.get('/health')\ndef health(): ...\n"}, "pass"),
    ("a deep path", {"a.py": "@router.get('/api/v1/healthz/')\ndef a(): ...\n"}, "pass"),
    ("Django", {"urls.py": "urlpatterns = [path('health/', views.health)]\n"}, "pass"),
    ("a regular expression of Django", {"urls.py": "urlpatterns = [url(r'^ping/$', views.a)]\n"}, "pass"),
    ("an app of Django", {"settings.py": "INSTALLED_APPS = ['health_check', \"health_check\"]\n"}, "pass"),
    ("a view by name", {"a.py": "def health_check(request):\n    return JsonResponse({})\n"}, "pass"),
    ("a call to another's", {"a.py": "httpx.get('https://other.example/health')\n"}, "fail"),
    ("a path that is left out", {"a.py": "app.add_middleware(Log, skip=['/health'])\n"}, "fail"),
    ("Express", {"a.js": "app.get('/ping', (req, res) => res.send('pong'));\n"}, "pass"),
    ("NestJS", {"a.ts": "@Controller('health')\nexport class A {\n  @Get()\n  b() {}\n}\n"}, "pass"),
    ("terminus", {"a.ts": "import { TerminusModule } from '@nestjs/terminus';\n"}, "pass"),
    ("a file of Next.js", {"app/api/health/route.ts": "export async function GET() { return Response.json({}) }\n"}, "pass"),
    ("a state of the service", {"routes/web.php": "<?php\nRoute::get('/status', [StatusController::class, 'show']);\n"}, "pass"),
    ("a parameter", {"a.js": "const s = req.query.get('status');\napp.use(x);\n"}, "fail"),
    ("a direction", {"a.js": "const way = { key: 'up' };\nconst next = map.get(way);\n"}, "fail"),
    ("a key of a map", {"a.js": "const alive = players.get('alive');\napp.use(x);\n"}, "fail"),
    ("a fetch of a page", {"a.js": "fetch('/health').then(f);\n"}, "fail"),
    ("gin", {"a.go": "package a\nfunc A() {\n\tr.GET(\"/healthz\", h)\n}\n"}, "pass"),
    ("the service of gRPC", {"a.go": 'package a\nimport "google.golang.org/grpc/health"\n'}, "pass"),
    ("the actuator", pom("org.springframework.boot", "spring-boot-starter-actuator"), "pass"),
    ("Spring MVC", {"A.java": "class A {\n  @GetMapping(\"/health\")\n  String a() { return \"\"; }\n}\n"}, "pass"),
    ("MicroProfile", {"A.java": "@Liveness\nclass A implements HealthCheck {}\n"}, "pass"),
    ("health checks of .NET", {"A.cs": "app.MapHealthChecks(\"/hc\");\n"}, "pass"),
    ("health checks of .NET that are installed only", {"A.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><PackageReference Include="AspNetCore.HealthChecks.NpgSql" Version="8"/></ItemGroup></Project>', "A.cs": "class A {}\n"}, "fail"),
    ("Rails", {"config/routes.rb": "Rails.application.routes.draw do\n  get \"up\" => \"rails/health#show\"\nend\n"}, "pass"),
    ("Laravel", {"bootstrap/app.php": "<?php\n->withRouting(health: '/up')\n"}, "pass"),
    ("up in Go", {"a.go": 'package a\nfunc A() {\n\tr.GET("/up", up)\n}\n'}, "pass"),
    ("signing up", {"a.go": 'package a\nfunc A() {\n\tr.POST("/user/sign/up", signUp)\n}\n'}, "fail"),
    ("axum", {"src/a.rs": "let app = Router::new().route(\"/health\", get(h));\n"}, "pass"),
    ("Phoenix", {"lib/a.ex": "defmodule Router do\n  get \"/healthz\", C, :a\nend\n"}, "pass"),
    ("a check of a container", {**KNOWN, "Dockerfile": "FROM python\nHEALTHCHECK CMD curl -f http://localhost/\n"}, "fail"),
    ("commented out", {"a.js": "// app.get('/health', ok);\nrun();\n"}, "fail"),
    ("in tests", {**KNOWN, "tests/test_a.py": "@app.get('/health')\ndef health(): ...\n"}, "fail"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in HEALTH], ids=[c[0] for c in HEALTH])
def test_a_health_endpoint_exists(files: dict[str, str], expected: str) -> None:
    assert verdict_of("observability.health-checks", files, **SERVICE) == expected


DASHBOARDS = [
    ("Grafana", {**KNOWN, "grafana/dashboards/a.json": '{"panels": [{"gridPos": {}}], "schemaVersion": 30}\n'}, "pass"),
    ("a dashboard as code", {**KNOWN, "a.tf": 'resource "datadog_dashboard" "a" {}\n'}, "pass"),
    ("Flower", {**KNOWN, "compose.yml": "services:\n  flower:\n    command: celery -A a flower\n"}, "pass"),
    ("Flower that is installed only", {**KNOWN, "requirements.txt": "celery\nflower\n"}, "fail"),
    ("queues of Django", {"urls.py": "urlpatterns = [path('queues/', include('django_rq.urls'))]\n"}, "pass"),
    ("queues of Node.js", {"a.ts": "createBullBoard({ queues, serverAdapter });\n"}, "pass"),
    ("queues that are installed only", {"package.json": '{"dependencies": {"@bull-board/express": "5"}}', "a.js": "run();\n"}, "fail"),
    ("Spring Boot Admin", {"A.java": "@EnableAdminServer\nclass A {}\n"}, "pass"),
    ("Sidekiq", {"config/routes.rb": "mount Sidekiq::Web => '/sidekiq'\n"}, "pass"),
    ("Horizon", {"composer.json": '{"require": {"laravel/horizon": "5"}}', "a.php": "<?php\n$a = 1;\n"}, "pass"),
    ("Hangfire", {"A.cs": "app.UseHangfireDashboard();\n"}, "pass"),
    ("Phoenix", {"lib/a.ex": 'defmodule R do\n  live_dashboard "/dashboard"\nend\n'}, "pass"),
    ("a dashboard of the product", {**KNOWN, "src/dashboard.json": '{"title": "Sales"}\n', "templates/dashboard.html": "<h1>Sales</h1>\n"}, "fail"),
    ("the state of orders", {**KNOWN, "templates/admin/order_status.html": "<h1>Orders</h1>\n"}, "fail"),
    ("the state of the system", {**KNOWN, "client/pages/admin/SystemStatus.jsx": "export default 1;\n"}, "pass"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in DASHBOARDS], ids=[c[0] for c in DASHBOARDS])
def test_a_dashboard_of_the_service_exists(files: dict[str, str], expected: str) -> None:
    assert verdict_of("observability.dashboards", files, **SERVICE) == expected


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("kind", ["library", "cli", "frontend", "infrastructure", "documentation"])
def test_only_services_are_observed(item: str, kind: str) -> None:
    files = {"a.py": "import newrelic.agent\nfrom prometheus_client import Counter\n"}
    assert verdict_of(f"observability.{item}", files, kind=kind, has_http_api=False) == "not_applicable"


@pytest.mark.parametrize("item", ITEMS)
def test_services_in_a_language_nobody_knows_are_unknown(item: str) -> None:
    assert verdict_of(f"observability.{item}", CPP, **SERVICE) == "unknown"
