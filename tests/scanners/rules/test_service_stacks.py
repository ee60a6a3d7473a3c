"""What services of Node.js, PHP, Ruby and .NET say in their own way, and what only looks like it."""

import pytest

from scanners.inventory.workflows import parse_workflow
from tests.scanners.rules.judging import judge_tree, verdict_of

API = {"kind": "service", "has_http_api": True, "has_database": True, "has_users": True}
CSHARP = {"src/Item.cs": "public class Item {\n" + "  int Call() => 1;\n" * 40 + "}\n"}
PHP = {"src/Item.php": "<?php\n" + "$a = 1;\n" * 40}
RUBY = {"app/item.rb": "def call\n  1\nend\n" * 20}
NODE = {
    "package.json": '{"private": true, "dependencies": {"fastify": "5"}}',
    "src/a.ts": "const a = 1\n" * 40,
}
LOGIN = "request.session.user = { id: user.id }\n// the password was compared\n"
HOOK = "fastify.addHook('onRequest', async (request, reply) => {\n  %s\n})\n"
PSR_15 = (
    "<?php\nfinal class Errors implements MiddlewareInterface {\n  function process($request, $handler) {\n    try {\n"
    "      return $handler->handle($request);\n    } catch (Throwable $e) {\n      return $this->render($e);\n    }\n  }\n"
    "  function render($e) { $this->logger->error('failed', [1]); }\n}\n"
)
DEFINITIONS = "<?php\nreturn [\n" + "".join(f"  A{n}::class => function (ContainerInterface $c) {{ return new A{n}(); }},\n" for n in range(3)) + "];\n"  # fmt: skip
ENDPOINT = "class List : Endpoint<Request, Response> {\n  public override void Configure() {\n    Get(\"/items\");\n%s  }\n}\n"  # fmt: skip
SWAGGER = {"src/P.cs": "builder.Services.SwaggerDocument();\nreturn TypedResults.Ok(a);\n", "src/A.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><PackageReference Include="FastEndpoints.Swagger" Version="7.0"/></ItemGroup></Project>'}  # fmt: skip
RSPEC = {"spec/a_spec.rb": "describe A do\n  it 'adds' do\n    expect(1).to eq(call)\n  end\nend\n"}
HANAMI = {"Gemfile": "gem 'hanami', '~> 1.3'\ngem 'pg'\n", "apps/web/a.rb": "class A\n  include Web::Action\nend\n" * 10, "apps/web/templates/layout.html.erb": "<h1>A</h1>\n"}  # fmt: skip
SLONIK = {"package.json": '{"private": true, "dependencies": {"slonik": "33"}}'}
CI = ".github/workflows/ci.yml"
STEPS = "on: [push]\njobs:\n  t:\n    steps:\n"

CASES = [
    ("architecture.api-versioning", {**PHP, "webpack.config.js": "const Encore = require('@symfony/webpack-encore')\nEncore.enableVersioning(true)\n", "src/Api.php": "<?php\nreturn new JsonResponse($a);\n"}, "fail"),
    ("architecture.dependency-injection", {**PHP, "config/container.php": DEFINITIONS}, "pass"),
    ("error-handling.global-handler", {**PHP, "src/Errors.php": PSR_15}, "pass"),
    ("error-handling.global-handler", {**PHP, "src/Auth.php": "<?php\nclass Auth implements MiddlewareInterface {\n  function process($r, $h) {\n    try { decode($r); } catch (Throwable $e) { return no(); }\n    return $h->handle($r);\n  }\n}\n"}, "fail"),
    ("error-handling.logged", {**PHP, "src/Errors.php": PSR_15}, "pass"),
    ("caching.present", {**PHP, ".phpstorm.meta.php": "<?php\noverride(x(), type(\\Psr\\Cache\\CacheItemPoolInterface::class));\n"}, "fail"),
    ("validation.field-rules", {**PHP, "src/C.php": "<?php\nuse Symfony\\Component\\Validator\\Validation;\n" + "$h = $this->hashUrl($a);\n" * 4}, "fail"),
    ("validation.field-rules", {**PHP, "src/C.php": "<?php\nuse Symfony\\Component\\Validator\\Constraints as Assert;\n" + "#[Assert\\Length(max: 9)]\n" * 4}, "pass"),
    ("api-security.cors", {**PHP, "src/P.php": "<?php\nif ($response->getHeader('Access-Control-Allow-Origin')) { return 1; }\n"}, "fail"),
    ("logging.timing", {**PHP, "composer.json": '{"require": {"sentry/sentry-symfony": "^5"}}'}, "fail"),
    ("logging.timing", {**PHP, "config/packages/sentry.yaml": "sentry:\n  options:\n    traces_sample_rate: 0.2\n"}, "pass"),
    ("devops.environments", {**PHP, "config/local.dev.php": "<?php\nreturn [];\n", "config/local.prod.php": "<?php\nreturn [];\n"}, "pass"),
    ("code-quality.linting", {**PHP, "mago.toml": "[linter]\n"}, "pass"),
    ("caching.metrics", {**NODE, "src/c.ts": "cache.set('k', 1)\nif (!cache.hit('scrolled')) scroll()\n"}, "fail"),
    ("auth.protected-endpoints", {**NODE, "src/login.ts": LOGIN, "src/hooks.ts": HOOK % "if (!request.session.user) reply.unauthorized()"}, "pass"),
    ("auth.protected-endpoints", {**NODE, "src/login.ts": LOGIN, "src/hooks.ts": HOOK % "request.log.info('in')"}, "fail"),
    ("logging.timing", {**NODE, "src/trpc.ts": "t.middleware(async ({ next }) => {\n  const start = Date.now()\n  const r = await next()\n  const end = Date.now()\n  console.log(`took ${end - start}ms`)\n})\n"}, "pass"),
    ("logging.timing", {**NODE, "src/slice.ts": "export const width = (start: number, end: number) => end - start\n"}, "fail"),
    ("database.pooling", {**NODE, "scripts/create.ts": "import { createConnection } from 'mysql2/promise'\nawait createConnection({})\n"}, "fail"),
    ("observability.health-checks", {**NODE, "src/app/api/heartbeat/route.ts": "export async function GET() {\n  return Response.json({ ok: true })\n}\n"}, "pass"),
    ("observability.metrics", {**NODE, "src/r.ts": "app.get('/websites/metrics', async () => figures())\n"}, "fail"),
    ("observability.metrics", {**NODE, "src/r.ts": "app.get('/api/v1/metrics', async () => prometheus.render())\n"}, "pass"),
    ("observability.metrics", {**NODE, "src/r.ts": "app.get('/metrics', async () => figures())\n"}, "pass"),
    ("testing.api", {**NODE, "cypress/e2e/team.cy.ts": "it('lists', () => {\n  cy.request('/api/teams').then(r => expect(r.status).to.eq(200))\n})\n"}, "pass"),
    ("testing.api", {**NODE, "cypress/e2e/team.cy.ts": "it('lists', () => {\n  cy.visit('/teams')\n})\n"}, "fail"),
    ("validation.file-upload", {**RUBY, "app/api.rb": "class Files < Grape::API\n  content_type :txt, 'text/plain'\n  post('/') { params[:file][:tempfile] }\nend\n"}, "fail"),
    ("validation.file-upload", {**RUBY, "app/user.rb": "has_one_attached :avatar\nvalidates :avatar, content_type: ['image/png']\n"}, "pass"),
    ("observability.health-checks", {**RUBY, "app/ping.rb": "class Ping < Grape::API\n  get '/ping' do\n    { ping: 1 }\n  end\nend\n"}, "pass"),
    ("configuration.secrets-manager", {**RUBY, "config/deploy/web.yaml.erb": "env:\n- name: A\n  valueFrom:\n    secretKeyRef:\n      name: b\n"}, "pass"),
    ("configuration.secrets-manager", {**RUBY, "build.sh": "GLOBAL_FILE=a\nv=$(cat \"$BUILD_PROJECT_FILE\")\n"}, "fail"),
    ("testing.unit", {**RUBY, "spec/spec_helper.rb": "RSpec.configure do |config|\n  config.expect_with :rspec\nend\ndescribe A\n"}, "fail"),
    ("testing.ci", {**RUBY, **RSPEC, CI: STEPS + "    - run: bin/rails $TEST_COMMAND\n"}, "pass"),
    ("testing.ci", {**RUBY, **RSPEC, CI: STEPS + "    - run: bin/rails $DEPLOY_COMMAND\n"}, "fail"),
    ("testing.ci", {**RUBY, **RSPEC, CI: STEPS + "    - uses: coactions/setup-xvfb@v1\n      with:\n        run: bundle exec rake spec\n"}, "pass"),
    ("testing.ci", {**RUBY, **RSPEC, ".circleci/config.yml": "version: 2.1\norbs: {node: circleci/node@5.1}\nworkflows: {w: {jobs: [node/test]}}\n"}, "pass"),
    ("testing.ci", {**RUBY, **RSPEC, ".circleci/config.yml": "version: 2.1\norbs: {node: circleci/node@5.1}\nworkflows: {w: {jobs: [node/install]}}\n"}, "fail"),
    ("auth.protected-endpoints", {**CSHARP, "src/P.cs": "builder.Services.AddAuthentication();\n", "src/M.cs": "class MayAttribute : AuthorizeAttribute { }\n"}, "pass"),
    ("auth.tokens", {**CSHARP, "src/P.cs": "services.AddAuthentication();\nservices.AddIdentityServer();\n"}, "pass"),
    ("api-docs.descriptions", {**CSHARP, **SWAGGER, "src/L.cs": ENDPOINT % '    Summary(s => { s.Summary = "Lists"; });\n'}, "pass"),
    ("api-docs.descriptions", {**CSHARP, **SWAGGER, "src/L.cs": ENDPOINT % ""}, "fail"),
    ("database.scoped-connections", {**CSHARP, "src/P.cs": "builder.Services.AddSqlite<AppDbContext>(text);\n"}, "pass"),
    ("testing.fixtures", {**CSHARP, "tests/AppTests.cs": "class App : WebApplicationFactory<Program> { }\nclass AppTests { [Fact] public void One() { Assert.Equal(1, 1); } }\n"}, "pass"),
    ("logging.timing", {**CSHARP, "src/A.csproj": '<Project><ItemGroup><PackageReference Include="Serilog.AspNetCore" Version="8.0"/></ItemGroup></Project>'}, "fail"),
    ("configuration.validated", {**CSHARP, "src/H.cs": "var c = Configuration.Get();\nthrow new InvalidCommandException(\"The commenting configuration for meetings exists.\");\n"}, "fail"),
    ("configuration.validated", {**CSHARP, "src/P.cs": "var c = configuration[\"A\"] ?? throw new InvalidOperationException(\"A was not found.\");\n"}, "pass"),
    ("configuration.validated", {**PHP, "scripts/release.sh": "rm -rf \"${OUT:?}\"/old\n"}, "fail"),
    ("documentation.deployment", {**CSHARP, "README.md": "# App\n\n- [\"Designing and Deploying Messaging\"](https://example.org) book\n"}, "fail"),
    ("validation.sql-injection", {**NODE, **SLONIK, "src/repo.ts": "import { sql } from 'slonik'\nconst one = sql.type(Row)`SELECT * FROM ${sql.identifier([\n  this.table\n])} WHERE id = ${id}`\nawait pool.query(one)\n"}, "pass"),
    ("validation.sql-injection", {**NODE, **SLONIK, "src/repo.ts": "import { sql } from 'slonik'\nconst one = `SELECT * FROM item WHERE id = ${id}`\nawait pool.query(one)\n"}, "fail"),
    ("error-handling.exception-hierarchy", {**NODE, "src/e.ts": "export class NotFound extends ExceptionBase {}\nexport class Conflict extends ExceptionBase {}\n"}, "pass"),
    ("error-handling.global-handler", {**NODE, "src/i.ts": "class Errors implements NestInterceptor {\n  intercept(c, next) { return next.handle().pipe(catchError((e) => throwError(e))) }\n}\n"}, "pass"),
    ("migrations.rollback", {**NODE, **SLONIK, "migrations/1.users.sql": "CREATE TABLE users (id int);\n", "migrations/down/1.users.sql": "DROP TABLE users;\n"}, "pass"),
    ("validation.schemas", {**NODE, "src/r.ts": "import { createRoute } from '@hono/zod-openapi'\nconst a = createRoute({ method: 'post', request: { body: json(Item) } })\n"}, "pass"),
    ("validation.schemas", {**NODE, "src/r.ts": "import { createRoute } from '@hono/zod-openapi'\nconst a = createRoute({ method: 'post', responses: {} })\n"}, "fail"),
    ("auth.authentication", {**NODE, "src/r.ts": "router.get('/:id', validateRequest(GetUserSchema), show)\n"}, "fail"),
    ("auth.authentication", {**NODE, "src/r.ts": "import { lucia } from './lucia'\nconst { user } = await validateRequest()\n"}, "pass"),
    ("configuration.validated", {**NODE, "src/env.ts": "if (typeof process.env[key] === 'undefined') {\n  throw new Error(`Environment variable ${key} is not set.`)\n}\n"}, "pass"),
    ("configuration.secrets-manager", {**NODE, "src/u.ts": "throw new AppError('INVALID_DOCUMENT_FILE')\n"}, "fail"),
    ("code-quality.type-checking", {"src/a.js": "a()\n" * 40, "package-scripts.js": "module.exports = { scripts: { build: 'tsc --project .' } }\n"}, "pass"),
    ("logging.timing", {**NODE, "src/log.ts": "import { pinoLogger } from 'hono-pino'\n"}, "pass"),
    ("testing.unit", {**NODE, "src/a.test.ts": "it('lists', async () => {\n  const r = await testClient(app).items.$get()\n  expect(r.status).toBe(200)\n})\n"}, "fail"),
    ("observability.metrics", {**PHP, "routes/web.php": "<?php\nRoute::get('metrics', [JournalMetricController::class, 'index']);\n"}, "fail"),
    ("architecture.dependency-injection", {**PHP, **{f"src/P{n}.php": "<?php\nreturn ['factories' => [A::class => AFactory::class]];\n" for n in range(3)}}, "pass"),
    ("error-handling.global-handler", {**PHP, "config/pipeline.php": "<?php\n$app->pipe(ErrorHandler::class);\n"}, "pass"),
    ("testing.ci", {**PHP, "tests/ATest.php": "<?php\nclass ATest extends TestCase { public function testOne(): void { self::assertTrue(one()); } }\n", CI: STEPS + "    - uses: laminas/laminas-continuous-integration-action@v1\n"}, "pass"),
    ("testing.ci", {**RUBY, **RSPEC, ".travis.yml": "language: ruby\nscript: bundle exec rake knapsack:rspec\n"}, "pass"),
    ("architecture.api-versioning", {**RUBY, "app/v3.rb": "HEADER = 'Travis-API-Version'\nrender json: 1\n"}, "pass"),
    ("validation.xss", {**HANAMI, "apps/web/templates/books/index.html.erb": "<p><%= book.title %></p>\n"}, "pass"),
    ("api-security.headers", {**HANAMI, "apps/web/application.rb": "security.x_frame_options 'DENY'\nsecurity.x_content_type_options 'nosniff'\n"}, "pass"),
    ("database.scoped-connections", {**HANAMI, "lib/books.rb": "class Books < Hanami::Repository\nend\n"}, "pass"),
    ("migrations.rollback", {**HANAMI, "db/migrations/20161221192608_create_books.rb": "Hanami::Model.migration do\n  change do\n    create_table :books do\n    end\n  end\nend\n"}, "pass"),
    ("logging.levels", {**HANAMI, "config/environment.rb": "environment :production do\n  logger level: :info, formatter: :json\nend\n"}, "pass"),
    ("logging.structured", {**HANAMI, "config/environment.rb": "environment :production do\n  logger level: :info, formatter: :json\nend\n"}, "pass"),
    ("error-handling.http-status", {**CSHARP, "src/C.cs": "return TypedResults.NotFound();\nreturn TypedResults.Conflict();\nthrow new NotImplementedException();\n"}, "fail"),
    ("error-handling.http-status", {**CSHARP, "src/C.cs": "await Send.NotFoundAsync(ct);\nawait Send.UnauthorizedAsync(ct);\nawait Send.ForbiddenAsync(ct);\n"}, "pass"),
    ("logging.timing", {**NODE, "src/t.ts": "class Timing implements NestInterceptor {\n  intercept(c, next) { const startTime = performance.now(); return log(startTime, next) }\n}\n"}, "pass"),
    ("performance.benchmarks", {**NODE, "src/endpoints/benchmarks/benchmarks.controller.ts": "export class BenchmarksController {}\n"}, "fail"),
    ("performance.benchmarks", {**NODE, "libs/ui/src/lib/benchmark/index.ts": "export const shown = 1\n"}, "fail"),
    ("performance.benchmarks", {**NODE, "benchmarks/parse.ts": "measure(parse)\n"}, "pass"),
    ("configuration.secrets-rotation", {**NODE, "src/u.ts": "return this.rotateUserAccessToken(id)\n"}, "fail"),
    ("configuration.validated", {**RUBY, "lib/tasks/bench.rake": "raise \"run it with RAILS_ENV=production\" unless ENV['A'] == '1'\n"}, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("item", "files", "expected"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)]
)
def test_verdict(item: str, files: dict[str, str], expected: str) -> None:
    assert verdict_of(item, files, **API) == expected


def test_what_an_action_is_given_to_run_is_a_step_of_its_own_line() -> None:
    given = "    - uses: nick-fields/retry@v3\n      with:\n        timeout_minutes: 9\n        command: npm test\n    - uses: appleboy/ssh-action@v1\n      with: {command: npm test}\n"
    steps = parse_workflow(CI, STEPS + given).steps
    assert [(step.line, step.uses, step.run) for step in steps] == [
        (5, "nick-fields/retry@v3", ""),
        (8, "", "npm test"),
        (9, "appleboy/ssh-action@v1", ""),
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("from dagster import asset\n\n@asset\ndef prices():\n    return 1\n", "service"),
        ("from airflow import DAG\nwith DAG('daily') as dag:\n    pass\n", "service"),
        ("from airflow.models import BaseOperator\nclass Load(BaseOperator):\n    pass\n", "library"),
    ],
)
def test_a_pipeline_with_a_build_backend_is_run_and_an_operator_is_imported(text: str, kind: str) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "a"\n[build-system]\nbuild-backend = "hatchling.build"\n',
        "src/a/jobs.py": text,
        "src/a/more.py": "def call():\n    return 1\n" * 40,
    }
    assert judge_tree(files).profile.kind == kind
