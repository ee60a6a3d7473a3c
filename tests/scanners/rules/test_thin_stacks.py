"""Paths of stacks with few samples: Elixir, PHP, C# and Ansible."""

import pytest

from tests.scanners.rules.judging import verdict_of

API = {"kind": "service", "has_http_api": True, "has_database": True, "has_users": True}
ELIXIR = {"lib/app/item.ex": "defmodule App.Item do\n" + "  def call, do: 1\n" * 40 + "end\n"}
CSHARP = {"src/Item.cs": "public class Item {\n" + "  int Call() => 1;\n" * 40 + "}\n"}
PHP = {"src/Item.php": "<?php\n" + "$a = 1;\n" * 40}
ROLE = {"tasks/main.yml": "- name: Install\n  package: {name: x}\n", "meta/main.yml": "galaxy_info: {}\n"}
FASTIFY = {
    "package.json": '{"private": true, "dependencies": {"fastify": "5"}}',
    "src/a.ts": "const a = 1\n" * 40,
}
MIDDLEWARE = "public class Errors(RequestDelegate next) {\n  async Task Invoke(HttpContext c) {\n    try { await next(c); } catch (Exception ex) { LOG(logger, ex); }\n  }\n}\n"
BUILD = {
    ".github/workflows/ci.yml": "on: [push]\njobs:\n  b:\n    steps:\n    - run: dotnet run --project build/build.csproj\n",
    "tests/ItemTests.cs": "public class ItemTests { [Fact] public void One() { Assert.Equal(1, 1); } }\n",
}
MOLECULE = {
    ".github/workflows/ci.yml": "on: [push]\njobs:\n  m:\n    steps:\n    - run: molecule test\n",
    "molecule/default/verify.yml": "- hosts: all\n  tasks: []\n",
    "molecule/default/molecule.yml": "driver: {name: docker}\n",
}

REMIX = {
    "package.json": '{"private": true, "dependencies": {"@remix-run/node": "2"}}',
    "app/models/note.ts": "const a = 1\n" * 40,
}

CASES = [
    ("observability.health-checks", {"app/models/agent.rb": "def ping(url)\n  response = get(url)\nend\n" * 20}, API, "fail"),
    ("observability.health-checks", {"app/controllers/status_controller.rb": "def ping\n  render json: {}\nend\n" * 20}, API, "pass"),
    ("error-handling.global-handler", {**PHP, "bootstrap/app.php": "<?php\nreturn Application::configure()->withExceptions(function ($exceptions) {\n  Integration::handles($exceptions);\n});\n"}, API, "pass"),
    ("error-handling.global-handler", {**PHP, "bootstrap/app.php": "<?php\nreturn Application::configure()->withExceptions(function ($exceptions) {\n});\n"}, API, "fail"),
    ("logging.timing", {**FASTIFY, "eslint.config.js": 'export default { extends: ["plugin:react/jsx-runtime"] }\n'}, API, "fail"),
    ("logging.timing", {**FASTIFY, "src/time.ts": "reply.header('X-Runtime', String(took))\n"}, API, "pass"),
    ("configuration.validated", {**REMIX, "app/session.server.ts": 'invariant(process.env.SESSION_SECRET, "SESSION_SECRET must be set");\n'}, API, "pass"),
    ("configuration.validated", {**REMIX, "app/session.server.ts": 'invariant(params.noteId, "noteId not found");\nconst secret = process.env.SESSION_SECRET;\n'}, API, "fail"),
    ("observability.health-checks", {**REMIX, "app/routes/healthcheck.tsx": 'export const loader = async () => new Response("OK");\n'}, API, "pass"),
    ("observability.health-checks", {**REMIX, "app/routes/health.tsx": "export const loader = async () => articles();\nexport default function Health() { return null }\n"}, API, "fail"),
    ("observability.health-checks", {**REMIX, "src/routes/healthz/+server.ts": "export const GET = () => new Response('ok');\n"}, API, "pass"),
    ("observability.health-checks", {**REMIX, "src/routes/health/+page.svelte": "<h1>Health</h1>\n"}, API, "fail"),
    ("observability.health-checks", {**ELIXIR, "lib/endpoint.ex": 'socket "/live", Phoenix.LiveView.Socket\nplug Router\n'}, API, "fail"),
    ("observability.health-checks", {**ELIXIR, "lib/router.ex": 'scope "/" do\n  get "/health", HealthController, :show\nend\n'}, API, "pass"),
    ("observability.dashboards", {**ELIXIR, "lib/endpoint.ex": "plug Phoenix.LiveDashboard.RequestLogger\n"}, API, "fail"),
    ("observability.dashboards", {**ELIXIR, "lib/router.ex": '  live_dashboard "/dashboard", metrics: Telemetry\n'}, API, "pass"),
    ("logging.structured", {**ELIXIR, "config/config.exs": "config :logger, :console,\n  metadata: [:request_id]\n"}, API, "fail"),
    ("logging.structured", {**ELIXIR, "config/config.exs": "config :logger, :console,\n  format: {LoggerJSON, :format}\n"}, API, "pass"),
    ("error-handling.logged", {**CSHARP, "src/Errors.cs": "var LOG = LoggerMessage.Define<string>(LogLevel.Error, 0, \"{M}\");\n" + MIDDLEWARE}, API, "pass"),
    ("validation.field-rules", {**CSHARP, "src/V.cs": "class V : AbstractValidator<C> {\n" + "  RuleFor(x => x.A).NotNull().NotEmpty();\n" * 4 + "}\n"}, API, "fail"),
    ("validation.field-rules", {**CSHARP, "src/V.cs": "class V : AbstractValidator<C> {\n" + "  RuleFor(x => x.A).MaximumLength(9);\n" * 4 + "}\n"}, API, "pass"),
    ("configuration.environment", {**CSHARP, "src/S.cs": "services.Configure<JwtOptions>(o => { o.Issuer = \"x\"; });\nclass T(IOptions<JwtOptions> o) {}\n"}, API, "fail"),
    ("configuration.environment", {**CSHARP, "src/S.cs": "services.Configure<JwtOptions>(builder.Configuration.GetSection(\"Jwt\"));\n"}, API, "pass"),
    ("testing.ci", {**CSHARP, **BUILD, "build/Program.cs": 'Run("dotnet", $"test {file} -c Release");\n'}, API, "pass"),
    ("testing.ci", {**CSHARP, **BUILD, "build/Program.cs": 'Run("dotnet", "publish");\n'}, API, "fail"),
    ("testing.api", {**PHP, "tests/ViewTest.php": "<?php\nclass ViewTest extends TestCase { function testOne() { $r = $app->handle($request); $this->assertEquals(200, $r->getStatusCode()); } }\n"}, API, "pass"),
    ("testing.api", {**PHP, "tests/ViewTest.php": "<?php\nclass ViewTest extends TestCase { function testOne() { $r = $handler->handle($request); $this->assertEquals(200, 200); } }\n"}, API, "fail"),
    ("auth.authentication", {**ELIXIR, "lib/router.ex": "  pipeline :auth, do: plug(MyAuthPlug)\n"}, API, "pass"),
    ("auth.authentication", {**FASTIFY, "src/login.ts": "const ok = await compare(password, user.password)\nrequest.session.user = { id: user.id }\n"}, API, "pass"),
    ("configuration.validated", {**FASTIFY, "src/env.ts": "import env from '@fastify/env'\nconst schema = { required: ['PORT'] }\n"}, API, "pass"),
    ("validation.query-params", {**FASTIFY, "src/list.ts": "app.get('/', { schema: { querystring: Page } }, async (request) => list(request.query))\n"}, API, "pass"),
    ("validation.query-params", {**FASTIFY, "src/list.ts": "app.get('/', async (request) => list(request.query.page))\n"}, API, "fail"),
    ("api-docs.openapi", {**FASTIFY, "src/list.ts": "app.get('/', { schema: { response: { 200: Page } } }, async () => list())\n"}, API, "fail"),
    ("auth.protected-endpoints", {**ELIXIR, "lib/router.ex": "  pipe_through [:browser, :auth_optional]\n  resources \"/items\", ItemController\n"}, API, "fail"),
    ("api-security.cors", {**PHP, "src/Emit.php": "<?php\n$origin = $_SERVER['HTTP_ORIGIN'];\n$r->withHeader('Access-Control-Allow-Credentials', 'true')->withHeader('Access-Control-Allow-Origin', $origin);\n"}, API, "fail"),
    ("configuration.secrets-rotation", {"config/initializers/c.rb": "Rails.application.config.action_dispatch.cookies_serializer = :json\n", "app/a.rb": "a = 1\n" * 40}, API, "fail"),
    ("configuration.validated", {"app/a.rb": "b = ENV.fetch('BACKEND') { 'typhoeus' }\n" * 40}, API, "fail"),
    ("configuration.validated", {"app/a.rb": "b = ENV.fetch('BACKEND')\n" * 40}, API, "pass"),
    ("configuration.validated", {"app/a.py": "from django.conf import settings\nraise ValidationError('A number is required')\n" * 20}, API, "fail"),
    ("configuration.validated", {**PHP, "src/R.php": "<?php\n$v = config('a');\nthrow new FooException('Could not load the config page');\n"}, API, "fail"),
    ("configuration.validated", {**PHP, "src/R.php": "<?php\n$v = config('a');\nthrow new FooException('requires configuration section main');\n"}, API, "pass"),
    ("configuration.no-committed-secrets", {**FASTIFY, "src/jwt.ts": "app.register(require('fastify-jwt'), { secret: process.env.SECRET || 'youshouldchangethislongsecret' })\n"}, API, "fail"),
    ("configuration.no-committed-secrets", {"app/a.rb": "# hooks\nx = 'https://hooks.slack.com/services/some/random/characters'\n" * 20}, API, "pass"),
    ("database.fallback", {**PHP, "src/D.php": "<?php\n$db = new PDO($dsn);\nswitch ($type) {\n  case 'sqlite':\n  case 'pgsql':\n}\n"}, API, "pass"),
    ("testing.errors", {"Cargo.toml": "[package]\n", "src/a.rs": "fn a() { if check().is_err() { return } }\n" * 20 + "#[test]\nfn t() { assert_eq!(1, 1); }\n"}, API, "fail"),
    ("testing.errors", {"Cargo.toml": "[package]\n", "src/a.rs": "fn a() {}\n" * 20 + "#[test]\nfn t() {\n" + "    assert!(check().is_err());\n" * 3 + "}\n"}, API, "pass"),
    ("testing.errors", {**FASTIFY, "test/a.test.ts": "it('a', () => { const s = {\n" + "  async rejects() {},\n" * 4 + "}; expect(s).toBeTruthy() })\n"}, API, "fail"),
    ("testing.ci", {**ROLE, **MOLECULE}, {"kind": "infrastructure"}, "pass"),
    ("devops.deploy-automation", {**ROLE, ".github/workflows/release.yml": "on:\n  push:\n    tags: ['*']\njobs:\n  r:\n    steps:\n    - run: ansible-galaxy role import a b\n"}, {"kind": "infrastructure"}, "pass"),
    ("api-docs.openapi", {**CSHARP, "src/C.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web"/>\n', "src/P.cs": "builder.Services.AddSwaggerGen();\n", "src/C.cs": "class C : Controller { [HttpPost] Task Create([FromBody] Command c) {} }\n"}, API, "pass"),
    ("validation.field-rules", {**PHP, "src/C.php": "<?php\nclass C { function a(Request $r) { $c->convert($j['date'], 1); } }\n" * 4}, API, "fail"),
    ("validation.field-rules", {**PHP, "src/C.php": "<?php\nclass C { function a(Request $r) { $r->validate(['a' => ['email', 'max:9'], 'b' => ['date', 'min:3']]); } }\n" * 4}, API, "pass"),
    ("validation.field-rules", {"Cargo.toml": "[package]\n", "src/a.rs": "fn a() { validate_email_code_str(&a); }\n" * 40}, API, "fail"),
    ("validation.field-rules", {"app/a.rb": "image = Image.call(url, length: 90)\n" * 40}, API, "fail"),
    ("validation.field-rules", {"A.java": "class A { // valid\n" + "  boolean a() { return pattern.matcher(b).matches(); }\n" * 40 + "}\n"}, API, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("item", "files", "profile", "expected"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)]
)
def test_verdict(item: str, files: dict[str, str], profile: dict[str, object], expected: str) -> None:
    assert verdict_of(item, files, **profile) == expected
