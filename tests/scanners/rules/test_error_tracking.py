"""Error-tracking rules: a tracker that is wired, what it is told, who is alerted, what is counted."""

import pytest

from tests.scanners.rules.judging import verdict_of

SERVICE = {"kind": "service", "has_http_api": True}
KNOWN = {"other/a.py": "def a():\n    return 1\n"}
JAVA = {"A.java": "class A {\n  void a() {}\n}\n"}
RUBY = {"a.rb": "def a\nend\n"}
PHP = {"a.php": "<?php\n$a = 1;\n"}
CPP = {"a.cpp": "int main() {\n  return 0;\n}\n"}
ITEMS = ["service", "aggregation", "alerting", "analytics"]
INIT = {"a.py": "import sentry_sdk\nsentry_sdk.init(dsn=d)\n"}

TRACKERS = [
    ("Sentry in Python", INIT, "pass"),
    ("Rollbar in Python", {"a.py": "import rollbar\nrollbar.init(token)\n"}, "pass"),
    ("Sentry in Node.js", {"a.ts": "import * as Sentry from '@sentry/node';\n"}, "pass"),
    ("Bugsnag in Node.js", {"a.js": "Bugsnag.start({ apiKey });\n"}, "pass"),
    ("Sentry in Go", {"a.go": 'package a\nimport "github.com/getsentry/sentry-go"\n'}, "pass"),
    ("Sentry in Java", {"A.java": "import io.sentry.Sentry;\nclass A {}\n"}, "pass"),
    ("a starter of Spring", {**JAVA, "pom.xml": "<project><dependencies><dependency><groupId>io.sentry</groupId><artifactId>sentry-spring-boot-starter-jakarta</artifactId></dependency></dependencies></project>"}, "pass"),
    ("a setting of Spring", {**JAVA, "application.yml": "sentry:\n  dsn: ${SENTRY_DSN}\n"}, "pass"),
    ("an appender of logback", {**JAVA, "src/main/resources/logback.xml": '<appender name="s" class="io.sentry.logback.SentryAppender"/>\n'}, "pass"),
    ("Sentry in Ruby", {"config/initializers/sentry.rb": "Sentry.init do |config|\n  config.dsn = ENV['SENTRY_DSN']\nend\n"}, "pass"),
    ("a gem that is installed only", {**RUBY, "Gemfile": "gem 'sentry-rails'\n"}, "fail"),
    ("a settings file whose package is gone", {**PHP, "config/sentry.php": "<?php\nreturn ['dsn' => env('SENTRY_DSN')];\n"}, "fail"),
    ("a settings file of a package", {**PHP, "composer.json": '{"require": {"sentry/sentry-laravel": "4"}}', "config/sentry.php": "<?php\nreturn ['dsn' => env('SENTRY_DSN')];\n"}, "pass"),
    ("Honeybadger by its file", {**RUBY, "Gemfile": "gem 'honeybadger'\n", "config/honeybadger.yml": "api_key: <%= ENV['KEY'] %>\n"}, "pass"),
    ("Sentry in Laravel", {"bootstrap/app.php": "<?php\nuse Sentry\\Laravel\\Integration;\nIntegration::handles($e);\n"}, "pass"),
    ("a package of PHP that is installed only", {**PHP, "composer.json": '{"require": {"sentry/sentry": "4"}}'}, "fail"),
    ("Sentry in Symfony", {**PHP, "config/packages/sentry.yaml": "sentry:\n  dsn: '%env(SENTRY_DSN)%'\n"}, "pass"),
    ("Sentry in .NET", {"A.cs": "builder.WebHost.UseSentry();\n"}, "pass"),
    ("Sentry in Rust", {"src/a.rs": "fn a() { let g = sentry::init(o); }\n"}, "pass"),
    ("Sentry in Elixir", {"config/prod.exs": "import Config\nconfig :sentry, dsn: dsn\n"}, "pass"),
    ("New Relic counts", {"a.py": "import newrelic.agent\n"}, "pass"),
    ("Datadog counts", {"a.js": "require('dd-trace').init();\n"}, "pass"),
    ("a store of one's own", {"a.py": "class ErrorLog(models.Model):\n    text = models.TextField()\n"}, "fail"),
    ("a tracker that is installed only", {**KNOWN, "requirements.txt": "sentry-sdk\n"}, "fail"),
    ("commented out", {"a.py": "# import sentry_sdk\n# sentry_sdk.init(dsn=d)\nx = 1\n"}, "fail"),
    ("in tests", {**KNOWN, "tests/test_a.py": INIT["a.py"]}, "fail"),
    ("in examples", {**KNOWN, "examples/a.py": INIT["a.py"]}, "fail"),
    ("a word in prose", {**KNOWN, "README.md": "# A\n\nSend errors to Sentry with sentry_sdk.init.\n"}, "fail"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in TRACKERS], ids=[c[0] for c in TRACKERS])
def test_a_tracker_is_wired(files: dict[str, str], expected: str) -> None:
    assert verdict_of("error-tracking.service", files, **SERVICE) == expected


AGGREGATION = [
    ("an environment in Python", {"a.py": "import sentry_sdk\nsentry_sdk.init(dsn=d, environment=e)\n"}, "pass"),
    ("a user in Python", {**INIT, "b.py": "import sentry_sdk\nsentry_sdk.set_user({'id': 1})\n"}, "pass"),
    ("nothing in Python", INIT, "fail"),
    ("a release of something else", {**INIT, "b.py": "release = '1.0'\nenvironment = 'x'\n"}, "fail"),
    ("a release in Node.js", {"a.ts": "import * as Sentry from '@sentry/node';\nSentry.init({ dsn, release: version });\n"}, "pass"),
    ("an environment of Rollbar", {"a.js": "import Rollbar from 'rollbar';\nnew Rollbar({ accessToken, environment: e });\n"}, "pass"),
    ("an environment in Go", {"a.go": 'package a\nimport "github.com/getsentry/sentry-go"\nfunc A() {\n\tsentry.Init(sentry.ClientOptions{Environment: e})\n}\n'}, "pass"),
    ("an environment of Spring", {**JAVA, "application.yml": "sentry:\n  dsn: x\n  environment: prod\n"}, "pass"),
    ("an environment in Ruby", {"a.rb": "Sentry.init do |config|\n  config.environment = 'x'\nend\n"}, "pass"),
    ("a release in PHP", {"composer.json": '{"require": {"sentry/sentry-laravel": "4"}}', "config/sentry.php": "<?php\nreturn ['release' => env('SENTRY_RELEASE')];\n"}, "pass"),
    ("an environment in Elixir", {"config/prod.exs": "import Config\nconfig :sentry, dsn: dsn, environment_name: :prod\n"}, "pass"),
    ("a release made in CI", {**INIT, ".github/workflows/a.yml": "on: push\njobs:\n  a:\n    steps:\n      - uses: getsentry/action-release@v1\n"}, "pass"),
    ("an environment without a tracker", {**KNOWN, ".github/workflows/a.yml": "on: push\njobs:\n  a:\n    steps:\n      - uses: getsentry/action-release@v1\n"}, "fail"),
    ("a shipper of logs", {**KNOWN, "deploy/promtail.yml": "clients:\n  - url: http://loki\n"}, "pass"),
    ("a sink that is installed", {"A.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><PackageReference Include="Serilog.Sinks.Seq" Version="8"/></ItemGroup></Project>', "A.cs": "class A {}\n"}, "pass"),
    ("commented out", {"a.py": "import sentry_sdk\nsentry_sdk.init(\n    dsn=d,\n    # environment=e,\n)\n"}, "fail"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in AGGREGATION], ids=[c[0] for c in AGGREGATION])
def test_errors_are_told_apart(files: dict[str, str], expected: str) -> None:
    assert verdict_of("error-tracking.aggregation", files, **SERVICE) == expected


LARAVEL = "<?php\nreturn ['slack' => [\n  'driver' => 'slack',\n  'url' => env('LOG_SLACK_WEBHOOK_URL'),\n  'username' => 'Laravel Log',\n]];\n"
ALERTING = [
    ("rules of Prometheus", {**KNOWN, "ops/rules.yml": "groups:\n  - rules:\n      - alert: Errors\n        expr: rate(x[5m]) > 1\n"}, "pass"),
    ("routes of Alertmanager", {**KNOWN, "alertmanager.yml": "route:\n  receiver: mail\n"}, "pass"),
    ("alarms as code", {**KNOWN, "a.tf": 'resource "aws_cloudwatch_metric_alarm" "a" {}\n'}, "pass"),
    ("mail to the admins", {"settings.py": "LOGGING = {'class': 'django.utils.log.AdminEmailHandler'}\n"}, "pass"),
    ("admins", {"settings.py": "ADMINS = [('Ann', 'ann@example.org')]\n"}, "pass"),
    ("no admins", {"settings.py": "ADMINS = []\n"}, "fail"),
    ("mail by a handler", {"a.py": "h = SMTPHandler('x', 'y', ['z'], 'Error')\n"}, "pass"),
    ("PagerDuty from the service", {"a.py": "def on_error(e):\n    pagerduty.trigger(str(e))\n"}, "pass"),
    ("notices of Ruby", {"a.rb": "Rails.application.config.middleware.use ExceptionNotification::Rack\n"}, "pass"),
    ("Slack in PHP", {"config/logging.php": "<?php\nreturn ['slack' => ['driver' => 'slack', 'url' => env('ERRORS_URL')]];\n"}, "pass"),
    ("the channel that Laravel brings", {"config/logging.php": LARAVEL}, "fail"),
    ("an appender", {**JAVA, "logback.xml": '<appender name="E" class="ch.qos.logback.classic.net.SMTPAppender"/>\n'}, "pass"),
    ("notices of Spring Boot Admin", {**JAVA, "application.properties": "spring.boot.admin.notify.mail.to=a@example.org\n"}, "pass"),
    ("failures of CI", {**KNOWN, ".github/workflows/a.yml": "on: push\njobs:\n  a:\n    steps:\n      - if: failure()\n        uses: rtCamp/action-slack-notify@v2\n"}, "fail"),
    ("alerts of the product", {"a.py": "class Alert(models.Model):\n    name = 1\n"}, "fail"),
    ("a page that alerts", {"a.js": "alert('error');\n"}, "fail"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in ALERTING], ids=[c[0] for c in ALERTING])
def test_somebody_is_alerted(files: dict[str, str], expected: str) -> None:
    assert verdict_of("error-tracking.alerting", files, **SERVICE) == expected


ANALYTICS = [
    ("a counter of errors", {"a.py": "from prometheus_client import Counter\nE = Counter('errors_total', 'x')\n"}, "pass"),
    ("requests by status", {"a.py": "from prometheus_client import Counter\nR = Counter('requests_total', 'x', ['path', \"status\"])\n"}, "pass"),
    ("words that are counted", {"a.py": "from collections import Counter\nrows = [\"status\", \"code\"]\nn = Counter(rows)\n"}, "fail"),
    ("an instrumentator", {"a.py": "from prometheus_fastapi_instrumentator import Instrumentator\n"}, "pass"),
    ("labels in Node.js", {"a.js": "new client.Counter({ name: 'a', labelNames: ['method', 'status_code'] });\n"}, "pass"),
    ("a vector of Go", {"a.go": 'package a\nvar c = prometheus.NewCounterVec(o, []string{"path", "status"})\n'}, "pass"),
    ("a registry of Micrometer", {**JAVA, "pom.xml": "<project><dependencies><dependency><groupId>io.micrometer</groupId><artifactId>micrometer-registry-prometheus</artifactId></dependency></dependencies></project>"}, "pass"),
    ("metrics of .NET", {"A.cs": "app.UseHttpMetrics();\n"}, "pass"),
    ("sampling of a tracker", {"a.py": "import sentry_sdk\nsentry_sdk.init(dsn=d, sample_rate=0.5)\n"}, "pass"),
    ("sampling in Node.js", {"a.ts": "Sentry.init({ dsn, tracesSampleRate: 0.1 });\n"}, "pass"),
    ("a tracker without", INIT, "fail"),
    ("a dashboard of errors", {**KNOWN, "grafana/dashboards/a.json": '{"title": "HTTP errors", "panels": []}\n'}, "pass"),
    ("a count of bad rows", {"a.py": "errors = 0\nerrors += 1\n"}, "fail"),
    ("commented out", {"a.py": "# from prometheus_client import Counter\n# E = Counter('errors_total', 'x')\nx = 1\n"}, "fail"),
    ("nothing", {}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in ANALYTICS], ids=[c[0] for c in ANALYTICS])
def test_errors_are_counted(files: dict[str, str], expected: str) -> None:
    assert verdict_of("error-tracking.analytics", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("kind", "judged"),
    [
        ("frontend", {"service", "aggregation"}),
        ("library", set()),
        ("cli", set()),
        ("infrastructure", set()),
        ("documentation", set()),
    ],
)
def test_who_tracks_errors(kind: str, judged: set[str]) -> None:
    outcomes = {i: verdict_of(f"error-tracking.{i}", INIT, kind=kind, has_http_api=False) for i in ITEMS}
    assert {item for item, outcome in outcomes.items() if outcome != "not_applicable"} == judged


@pytest.mark.parametrize("item", ITEMS)
def test_trackers_in_a_language_nobody_knows_are_unknown(item: str) -> None:
    assert verdict_of(f"error-tracking.{item}", CPP, **SERVICE) == "unknown"
