"""What each stack's smallest service is taken for, and what makes it have a database, users and a docs page."""

import pytest

from tests.scanners.rules.judging import judge_tree

PY = "\n".join(f"value_{n} = {n}" for n in range(40)) + "\n"
JS = "\n".join(f"const value{n} = {n};" for n in range(40)) + "\n"
GO = "\n".join(f"var value{n} = {n}" for n in range(40)) + "\n"
JVM = "\n".join(f"class Value{n} {{ }}" for n in range(40)) + "\n"
RB = "\n".join(f"VALUE_{n} = {n}" for n in range(40)) + "\n"
PHP = "\n".join(f"$value{n} = {n};" for n in range(40)) + "\n"
CS = "\n".join(f"class Value{n} {{ }}" for n in range(40)) + "\n"
RS = "\n".join(f"const VALUE_{n}: u8 = {n};" for n in range(40)) + "\n"
EX = "\n".join(f"  def value{n}, do: {n}" for n in range(40)) + "\n"


def python(requirement: str, code: str) -> dict[str, str]:
    return {"requirements.txt": f"{requirement}\n", "app/main.py": code + PY}


def node(dependency: str, code: str, path: str = "src/app.js") -> dict[str, str]:
    manifest = f'{{"private": true, "scripts": {{"start": "node src/app.js"}}, "dependencies": {{"{dependency}": "1"}}}}'
    return {"package.json": manifest, path: code + JS}


def go(module: str, code: str) -> dict[str, str]:
    required = f"require {module} v1.0.0\n" if module else ""
    return {
        "go.mod": f"module example.org/a\n\n{required}",
        "main.go": f"package main\n\nfunc main() {{\n{code}}}\n" + GO,
    }


def maven(coordinates: str, code: str, path: str = "src/main/java/a/A.java") -> dict[str, str]:
    declared = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId></dependency>"
        for group, artifact in (one.split(":") for one in coordinates.split())
    )
    return {"pom.xml": f"<project><dependencies>{declared}</dependencies></project>", path: code + JVM}


def ruby(gem: str, code: str, path: str = "app.rb") -> dict[str, str]:
    return {"Gemfile": f"gem '{gem}'\n", "config.ru": "run App\n", path: code + RB}


def php(package: str, code: str, path: str = "routes/api.php") -> dict[str, str]:
    return {
        "composer.json": f'{{"require": {{"{package}": "1"}}}}',
        "public/index.php": "<?php\n",
        path: code + PHP,
    }


def dotnet(code: str, *packages: str) -> dict[str, str]:
    items = "".join(f'<PackageReference Include="{package}" Version="8.0"/>' for package in packages)
    project = f'<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup>{items}</ItemGroup></Project>'
    return {"A.csproj": project, "Program.cs": code + CS}


def rust(crate: str, code: str) -> dict[str, str]:
    return {"Cargo.toml": f'[package]\nname = "a"\n[dependencies]\n{crate} = "1"\n', "src/main.rs": code + RS}


def elixir(dependency: str, code: str) -> dict[str, str]:
    project = (
        f'defmodule A.MixProject do\n  def project, do: [app: :a, deps: [{{:{dependency}, "~> 1.0"}}]]\nend\n'
    )
    return {"mix.exs": project, "lib/a_web/router.ex": f"defmodule AWeb.Router do\n{code}{EX}end\n", "lib/a_web/endpoint.ex": "defmodule AWeb.Endpoint do\n  use Phoenix.Endpoint, otp_app: :a\nend\n"}  # fmt: skip


SERVICES = {
    "fastapi": python("fastapi", "app = FastAPI()\n@app.get('/a')\ndef a(): ...\n"),
    "starlette": python("starlette", "app = Starlette(routes=[Route('/a', a)])\n"),
    "django": {
        **python("Django", "urlpatterns = [path('a/', a)]\n"),
        "manage.py": "execute_from_command_line(sys.argv)\n",
    },
    "drf": {
        **python("djangorestframework", "urlpatterns = [path('a/', a)]\n"),
        "manage.py": "os.environ['DJANGO_SETTINGS_MODULE'] = 'a'\n",
        "app/wsgi.py": "application = get_wsgi_application()\n",
    },
    "ninja": {
        **python("django\ndjango-ninja", "api = NinjaAPI(docs_url=None)\n@api.get('/a')\ndef a(r): ...\n"),
        "manage.py": "execute_from_command_line(sys.argv)\n",
    },
    "flask": python("flask", "app = Flask(__name__)\n@app.route('/a')\ndef a(): ...\n"),
    "litestar": python("litestar", "@get('/a')\nasync def a(): ...\napp = Litestar([a], openapi_config=None)\n"),
    "aiohttp": python("aiohttp", "import aiohttp\napp = web.Application()\napp.add_routes([web.get('/a', a)])\nweb.run_app(app)\n"),
    "sanic": python("sanic", "app = Sanic('a')\n@app.get('/a')\nasync def a(r): ...\n"),
    "tornado": python("tornado", "import tornado.web\nclass A(tornado.web.RequestHandler): ...\napp = tornado.web.Application([(r'/a', AHandler)])\n"),
    "pyramid": python("pyramid", "config.add_route('a', '/a')\nconfig.add_view(a)\n"),
    "express": node("express", "app.get('/a', (req, res) => res.json({}));\napp.listen(80);\n"),
    "fastify": node("fastify", "fastify.get('/a', async () => ({}));\nfastify.listen({ port: 80 });\n"),
    "koa": node("koa", "router.get('/a', ctx => { ctx.body = {}; });\napp.listen(80);\n"),
    "nestjs": node("@nestjs/core", "import { Controller, Get } from '@nestjs/common';\n@Controller('a')\nexport class A {\n  @Get()\n  b() {}\n}\nNestFactory.create(A);\n", "src/main.ts"),
    "hapi": node("@hapi/hapi", "server.route({ method: 'GET', path: '/a', handler });\n"),
    "nuxt": {**node("nuxt", "", "pages/index.js"), "server/api/a.ts": "export default defineEventHandler(() => ({}));\n", "server/api/b.ts": "export default defineEventHandler(() => ({}));\n", "server/api/c.ts": "export default defineEventHandler(() => ({}));\n"},
    "adonisjs": node("@adonisjs/core", "Route.get('/a', 'A.index');\n", "start/routes.ts"),
    "trpc": node("@trpc/server", "export const a = router({ b: publicProcedure.query(() => 1) });\ncreateHTTPServer({ router: a }).listen(80);\n", "src/a.ts"),
    "hono": node("hono", "app.get('/a', (c) => c.json({}));\nserve({ fetch: app.fetch });\n"),
    "": go("", "\thttp.HandleFunc(\"/a\", a)\n\thttp.ListenAndServe(\":80\", nil)\n"),
    "gin": go("github.com/gin-gonic/gin", "\tr := gin.Default()\n\tr.GET(\"/a\", a)\n\tr.Run()\n"),
    "echo": go("github.com/labstack/echo/v4", "\te := echo.New()\n\te.GET(\"/a\", a)\n\te.Start(\":80\")\n"),
    "fiber": go("github.com/gofiber/fiber/v2", "\tf := fiber.New()\n\tf.Get(\"/a\", a)\n\tf.Listen(\":80\")\n"),
    "chi": go("github.com/go-chi/chi/v5", "\tr := chi.NewRouter()\n\tr.Get(\"/a\", a)\n\thttp.ListenAndServe(\":80\", r)\n"),
    "gorilla": go("github.com/gorilla/mux", "\tr := mux.NewRouter()\n\tr.HandleFunc(\"/a\", a)\n\thttp.ListenAndServe(\":80\", r)\n"),
    "grpc": go("google.golang.org/grpc", "\ts := grpc.NewServer()\n\tpb.RegisterGreeterServer(s, g)\n\ts.Serve(l)\n"),
    "spring-boot": maven("org.springframework.boot:spring-boot-starter-web", "@RestController class A { @GetMapping(\"/a\") String a() { return \"\"; } }\n@SpringBootApplication class B { }\n"),
    "quarkus": maven("io.quarkus:quarkus-rest", "@Path(\"/a\") class A { @GET String a() { return \"\"; } }\n"),
    "micronaut": maven("io.micronaut:micronaut-http-server-netty", "@Controller(\"/a\") class A { @Get String a() { return \"\"; } }\n"),
    "dropwizard": maven("io.dropwizard:dropwizard-core", "@Path(\"/a\") class A { @GET String a() { return \"\"; } }\nclass B extends Application<C> { }\n"),
    "ktor": maven("io.ktor:ktor-server-core", "fun main() { embeddedServer(Netty) { routing { get(\"/a\") { call.respond(1) } } } }\n", "src/main/kotlin/A.kt"),
    "javalin": maven("io.javalin:javalin", "class A { void a() { Javalin.create().get(\"/a\", c -> c.json(1)).start(80); } }\n"),
    "rails": ruby("rails", "Rails.application.routes.draw do\n  resources :articles\nend\n", "config/routes.rb"),
    "sinatra": ruby("sinatra", "get '/a' do\n  '{}'\nend\n"),
    "grape": ruby("grape", "class A < Grape::API\n  get '/a' do\n  end\nend\n"),
    "hanami": ruby("hanami", "class Routes < Hanami::Routes\n  get '/a', to: 'a'\nend\n", "config/routes.rb"),
    "laravel": {**php("laravel/framework", "<?php\nRoute::get('/a', [A::class, 'index']);\n"), "artisan": "#!/usr/bin/env php\n"},
    "symfony": php("symfony/framework-bundle", "<?php\n#[Route('/a')]\nclass A { }\n", "src/Controller/A.php"),
    "slim": php("slim/slim", "<?php\n$app->get('/a', fn () => 1);\n", "app/routes.php"),
    "api-platform": php("api-platform/core", "<?php\n#[ApiResource]\nclass A { }\n", "src/Entity/A.php"),
    "aspnetcore": dotnet("var app = WebApplication.CreateBuilder(args).Build();\napp.MapGet(\"/a\", () => 1);\n"),
    "axum": rust("axum", "fn main() { let app = Router::new().route(\"/a\", get(a)); axum::serve(l, app); }\n"),
    "actix": rust("actix-web", "fn main() { HttpServer::new(|| App::new().service(a)); }\n#[get(\"/a\")]\nfn a() {}\n"),
    "rocket": rust("rocket", "#[launch]\nfn rocket() -> _ { rocket::build() }\n#[get(\"/a\")]\nfn a() {}\n"),
    "warp": rust("warp", "fn main() { let a = warp::path!(\"a\").map(|| 1); warp::serve(a); }\n"),
    "poem": rust("poem", "fn main() { let app = Route::new().at(\"/a\", get(a)); Server::new(l).run(app); }\n"),
    "phoenix": elixir("phoenix", "  use AWeb, :router\n  get \"/a\", A, :index\n"),
}  # fmt: skip
DOCS_BY_DEFAULT = {"fastapi", "api-platform"}


@pytest.mark.parametrize(
    ("docs_url", "served"),
    [("None if settings.production else '/docs'", True), ("None", False), ("None,\n    debug=True", False)],
)
def test_docs_that_one_environment_switches_off_are_served_in_others(docs_url: str, served: bool) -> None:
    files = python("fastapi", f"app = FastAPI(\n    docs_url={docs_url})\n@app.get('/a')\ndef a(): ...\n")
    assert judge_tree(files).profile.has_docs_ui is served


def test_a_driver_without_a_manifest_is_told_by_its_import() -> None:
    files = {"a.go": 'package main\n\nimport "github.com/boltdb/bolt"\n\nvar db, _ = bolt.Open("a", 0o600, nil)\n', "main.go": 'package main\n\nimport "net/http"\n\nfunc main() {\n\thttp.HandleFunc("/a", a)\n\thttp.ListenAndServe(":80", nil)\n}\n' + GO}  # fmt: skip
    assert judge_tree(files).profile.has_database


SCALA = {
    "http4s": {
        "build.sbt": 'libraryDependencies += "org.http4s" %% "http4s-ember-server" % "0.23"\n',
        "src/main/scala/A.scala": 'class A { val a = HttpRoutes.of[IO] { case GET -> Root / "a" => Ok() } }\n' + JVM,
    },
    "Play": {
        "project/plugins.sbt": 'addSbtPlugin("org.playframework" % "sbt-plugin" % "3.0.1")\n',
        "build.sbt": 'name := "a"\n',
        "conf/routes": "GET     /a     controllers.A.a()\n",
        "app/controllers/A.scala": "class A extends AbstractController(c) {}\n" + JVM,
    },
    "Pekko": {
        "build.sbt": "lazy val root = project.settings(libraryDependencies ++= Dependencies.all)\n",
        "project/Dependencies.scala": 'object Dependencies {\n  val all = Seq("org.apache.pekko" %% "pekko-http" % "1.0.0")\n}\n',
        "src/main/scala/A.scala": 'class A { val a = pathPrefix("a") { get { complete("") } } }\n' + JVM,
    },
}  # fmt: skip


@pytest.mark.parametrize("stack", SCALA)
def test_services_in_scala(stack: str) -> None:
    profile = judge_tree(SCALA[stack]).profile
    assert (profile.kind, profile.has_http_api) == ("service", True)


def test_a_program_in_scala_that_serves_nothing_is_no_service() -> None:
    files = {
        "build.sbt": 'libraryDependencies += "org.typelevel" %% "cats-core" % "2"\n',
        "A.scala": "class A {}\n" + JVM,
    }
    assert judge_tree(files).profile.kind != "service"


@pytest.mark.parametrize("stack", SERVICES)
def test_the_smallest_service_of_each_stack(stack: str) -> None:
    profile = judge_tree(SERVICES[stack]).profile
    assert (profile.kind, profile.has_http_api) == ("service", True)
    assert not stack or stack in profile.stack
    assert not profile.has_database
    assert not profile.has_users
    assert profile.has_docs_ui is (stack in DOCS_BY_DEFAULT)


MODELS = {
    "SQLAlchemy": {**SERVICES["fastapi"], "requirements.txt": "fastapi\nsqlalchemy\n", "app/db.py": "class A(Base):\n    __tablename__ = 'a'\n"},
    "Django": {**SERVICES["django"], "app/models.py": "class A(models.Model):\n    b = models.TextField()\n"},
    "Prisma": {**SERVICES["express"], "package.json": '{"private": true, "dependencies": {"express": "4", "@prisma/client": "5"}}', "prisma/schema.prisma": "model A {\n  id Int @id\n}\n"},
    "Mongoose": {**SERVICES["express"], "package.json": '{"private": true, "dependencies": {"express": "4", "mongoose": "8"}}', "src/a.js": "mongoose.model('A', new Schema({}));\n"},
    "TypeORM": {**SERVICES["nestjs"], "package.json": '{"private": true, "dependencies": {"@nestjs/core": "10", "typeorm": "0.3"}}', "src/a.entity.ts": "@Entity()\nexport class A {}\n"},
    "GORM": {**SERVICES["gin"], "go.mod": "module example.org/a\n\nrequire (\n\tgithub.com/gin-gonic/gin v1.9.0\n\tgorm.io/gorm v1.25.0\n)\n", "db/db.go": "package db\nfunc A() {\n\tgorm.Open(d, c)\n}\n"},
    "JPA": {**maven("org.springframework.boot:spring-boot-starter-web org.springframework.boot:spring-boot-starter-data-jpa", SERVICES["spring-boot"]["src/main/java/a/A.java"]), "src/main/java/a/B.java": "@Entity\nclass B { }\n"},
    "Exposed": {**maven("io.ktor:ktor-server-core org.jetbrains.exposed:exposed-core", SERVICES["ktor"]["src/main/kotlin/A.kt"], "src/main/kotlin/A.kt"), "src/main/kotlin/B.kt": "object Rows : IntIdTable() { }\n"},
    "ActiveRecord": {**SERVICES["rails"], "Gemfile": "gem 'rails'\ngem 'pg'\n", "app/models/article.rb": "class Article < ApplicationRecord\nend\n"},
    "Eloquent": {**SERVICES["laravel"], "app/Models/Article.php": "<?php\nuse Illuminate\\Database\\Eloquent\\Model;\nclass Article extends Model { }\n"},
    "Doctrine": {**php("doctrine/orm", "<?php\n#[Route('/a')]\nclass A { }\n", "src/Controller/A.php"), "composer.json": '{"require": {"symfony/framework-bundle": "7", "doctrine/orm": "3"}}', "src/Entity/B.php": "<?php\n#[ORM\\Entity]\nclass B { }\n"},
    "Entity Framework": {**dotnet(SERVICES["aspnetcore"]["Program.cs"], "Microsoft.EntityFrameworkCore"), "Db.cs": "class Db : DbContext { }\n"},
    "sqlx": {**SERVICES["axum"], "Cargo.toml": '[package]\nname = "a"\n[dependencies]\naxum = "1"\nsqlx = "0.7"\n', "src/db.rs": "fn a(pool: PgPool) {}\n"},
    "Ecto": {**SERVICES["phoenix"], "mix.exs": 'defmodule A.MixProject do\n  def project, do: [app: :a, deps: [{:phoenix, "~> 1.7"}, {:ecto_sql, "~> 3.0"}]]\nend\n', "lib/a/b.ex": "defmodule A.B do\n  use Ecto.Schema\nend\n"},
    "the driver of Python": {**SERVICES["flask"], "app/db.py": "import sqlite3\nc = sqlite3.connect('a')\n"},
}  # fmt: skip


@pytest.mark.parametrize("mapper", MODELS)
def test_a_mapper_with_models_is_a_database(mapper: str) -> None:
    profile = judge_tree(MODELS[mapper]).profile
    assert (profile.kind, profile.has_database) == ("service", True)
    assert profile.evidence["has_database"]


NO_DATABASE = {
    "a driver that is installed only": {**SERVICES["fastapi"], "requirements.txt": "fastapi\nsqlalchemy\n"},
    "a driver for tests": {**SERVICES["express"], "package.json": '{"private": true, "dependencies": {"express": "4"}, "devDependencies": {"pg": "8"}}', "tests/a.test.js": "new Pool();\n"},
    "models in an example": {**SERVICES["fastapi"], "requirements.txt": "fastapi\nsqlalchemy\n", "examples/a.py": "class A(Base):\n    __tablename__ = 'a'\n"},
    "commented-out models": {**SERVICES["fastapi"], "requirements.txt": "fastapi\nsqlalchemy\n", "app/db.py": "# class A(Base):\n#     __tablename__ = 'a'\nx = 1\n"},
}  # fmt: skip


@pytest.mark.parametrize("case", NO_DATABASE)
def test_a_driver_alone_is_no_database(case: str) -> None:
    assert not judge_tree(NO_DATABASE[case]).profile.has_database


USERS = {
    "Django": {**SERVICES["django"], "app/models.py": "class Member(AbstractUser):\n    pass\n"},
    "a guard of FastAPI": {**SERVICES["fastapi"], "app/auth.py": "bearer = HTTPBearer()\n"},
    "a token library": {**SERVICES["express"], "package.json": '{"private": true, "dependencies": {"express": "4", "jsonwebtoken": "9"}}'},
    "guards of NestJS": {**SERVICES["nestjs"], "src/a.ts": "@UseGuards(AuthGuard)\nexport class B {}\n"},
    "a type of Go": {**SERVICES["gin"], "user/user.go": "package user\ntype User struct {\n\tID int\n}\n"},
    "Spring Security": {**SERVICES["spring-boot"], "src/main/java/a/Sec.java": "class Sec { SecurityFilterChain chain() { return null; } }\n"},
    "Devise": {**SERVICES["rails"], "Gemfile": "gem 'rails'\ngem 'devise'\n"},
    "Laravel": {**SERVICES["laravel"], "app/Models/User.php": "<?php\nclass User extends Authenticatable { }\n"},
    "ASP.NET Core": {**SERVICES["aspnetcore"], "A.cs": "[Authorize]\nclass A { }\n"},
    "claims of Rust": {**SERVICES["axum"], "src/auth.rs": "struct Claims { sub: String }\n"},
    "Phoenix": {**SERVICES["phoenix"], "lib/a/accounts/user.ex": "defmodule A.Accounts.User do\nend\n"},
    "a table": {**SERVICES["flask"], "schema.sql": "CREATE TABLE users (\n  id INTEGER\n);\n"},
}  # fmt: skip


@pytest.mark.parametrize("case", USERS)
def test_accounts_and_logins_are_users(case: str) -> None:
    assert judge_tree(USERS[case]).profile.has_users


def test_users_of_tests_are_no_users() -> None:
    files = {**SERVICES["fastapi"], "tests/test_a.py": "class User:\n    pass\nbearer = HTTPBearer()\n"}
    assert not judge_tree(files).profile.has_users


DOCS = {
    "FastAPI by default": (SERVICES["fastapi"], True),
    "FastAPI with it off": ({**SERVICES["fastapi"], "app/main.py": "app = FastAPI(docs_url=None, redoc_url=None)\n@app.get('/a')\ndef a(): ...\n" + PY}, False),
    "spectacular": ({**SERVICES["drf"], "app/urls.py": "urlpatterns = [path('docs/', SpectacularSwaggerView.as_view())]\n"}, True),
    "flasgger": ({**SERVICES["flask"], "app/docs.py": "import flasgger\nSwagger(app)\n"}, True),
    "Express": ({**SERVICES["express"], "src/docs.js": "app.use('/docs', swaggerUi.serve, swaggerUi.setup(s));\n"}, True),
    "NestJS": ({**SERVICES["nestjs"], "src/docs.ts": "SwaggerModule.setup('docs', app, d);\n"}, True),
    "gin": ({**SERVICES["gin"], "docs.go": "package main\nfunc d() {\n\tginSwagger.WrapHandler(f)\n}\n"}, True),
    "springdoc": (maven("org.springframework.boot:spring-boot-starter-web org.springdoc:springdoc-openapi-starter-webmvc-ui", SERVICES["spring-boot"]["src/main/java/a/A.java"]), True),
    "Rails": ({**SERVICES["rails"], "Gemfile": "gem 'rails'\ngem 'rswag'\n"}, True),
    "Laravel": ({**SERVICES["laravel"], "composer.json": '{"require": {"laravel/framework": "11", "dedoc/scramble": "1"}}'}, True),
    "ASP.NET Core": ({**SERVICES["aspnetcore"], "Docs.cs": "app.UseSwaggerUI();\n"}, True),
    "axum": ({**SERVICES["axum"], "src/docs.rs": "fn d() { SwaggerUi::new(\"/docs\"); }\n"}, True),
    "Phoenix": ({**SERVICES["phoenix"], "lib/a_web/docs.ex": "defmodule D do\n  plug OpenApiSpex.Plug.SwaggerUI\nend\n"}, True),
    "a document alone": ({**SERVICES["express"], "openapi.yaml": "openapi: 3.0.0\n"}, False),
    "commented out": ({**SERVICES["express"], "src/docs.js": "// app.use('/docs', swaggerUi.serve);\nrun();\n"}, False),
    "in tests": ({**SERVICES["express"], "tests/a.test.js": "app.use('/docs', swaggerUi.serve);\n"}, False),
}  # fmt: skip


@pytest.mark.parametrize("case", DOCS)
def test_a_docs_page_is_served(case: str) -> None:
    files, expected = DOCS[case]
    assert judge_tree(files).profile.has_docs_ui is expected


KINDS = {
    "a package of Python": ({"pyproject.toml": '[project]\nname = "a"\n[build-system]\nbuild-backend = "hatchling.build"\n', "a/core.py": PY}, "library"),
    "a package of Node.js": ({"package.json": '{"main": "index.js"}', "index.js": JS}, "library"),
    "a package of Node.js with Express to test it": ({"package.json": '{"main": "index.js", "devDependencies": {"express": "4"}}', "index.js": JS}, "library"),
    "a crate": ({"Cargo.toml": '[package]\nname = "a"\n', "src/lib.rs": RS}, "library"),
    "a gem": ({"a.gemspec": "Gem::Specification.new\n", "lib/a.rb": RB}, "library"),
    "a package of PHP": ({"composer.json": '{"type": "library"}', "src/A.php": "<?php\n" + PHP}, "library"),
    "a package of .NET": ({"A.csproj": '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><PackageId>A</PackageId></PropertyGroup></Project>', "A.cs": CS}, "library"),
    "a package of Elixir": ({"mix.exs": 'defmodule A.MixProject do\n  def project, do: [app: :a, package: package()]\n  defp package, do: []\nend\n', "lib/a.ex": f"defmodule A do\n{EX}end\n"}, "library"),
    "a program of Python": ({"pyproject.toml": '[project]\nname = "a"\n[project.scripts]\na = "a:main"\n', "a/cli.py": "import typer\n" + PY}, "cli"),
    "a program of Node.js": ({"package.json": '{"bin": {"a": "cli.js"}}', "cli.js": "const y = require('yargs');\n" + JS}, "cli"),
    "a program of Go": ({"go.mod": "module example.org/a\n\nrequire github.com/spf13/cobra v1.8.0\n", "main.go": "package main\nimport \"github.com/spf13/cobra\"\nfunc main() {\n}\n" + GO}, "cli"),
    "a program of Rust": ({"Cargo.toml": '[package]\nname = "a"\n[dependencies]\nclap = "4"\n', "src/main.rs": "use clap::Parser;\nfn main() {}\n" + RS}, "cli"),
    "pages of React": ({"package.json": '{"private": true, "dependencies": {"react": "18"}}', "src/index.js": "ReactDOM.render(<A />, e);\n" + JS}, "frontend"),
    "pages of Vue": ({"package.json": '{"private": true, "dependencies": {"vue": "3"}}', "src/main.js": "createApp(A).mount('#a');\n" + JS}, "frontend"),
    "pages of Angular": ({"package.json": '{"private": true, "dependencies": {"@angular/core": "17"}}', "angular.json": "{}", "src/main.ts": "bootstrapApplication(A);\n" + JS}, "frontend"),
    "a library of components": ({"package.json": '{"main": "dist/a.js", "peerDependencies": {"react": "18"}}', "src/a.jsx": JS}, "library"),
    "a worker": ({"requirements.txt": "celery\n", "app/tasks.py": "app = Celery('a')\n@shared_task\ndef a(): ...\n" + PY, "Procfile": "worker: celery -A app worker\n"}, "service"),
    "a module of Terraform": ({"main.tf": 'resource "a" "b" {}\n' * 20}, "infrastructure"),
    "a role of Ansible": ({"tasks/main.yml": "- name: a\n", "meta/main.yml": "a: 1\n", "README.md": "# A\n"}, "infrastructure"),
    "a list of links": ({"README.md": "# A\n", "contributing.md": "# B\n"}, "documentation"),
}  # fmt: skip


@pytest.mark.parametrize("case", KINDS)
def test_what_kind_it_is(case: str) -> None:
    files, expected = KINDS[case]
    assert judge_tree(files).profile.kind == expected


@pytest.mark.parametrize("kind", ["library", "frontend", "infrastructure", "documentation"])
def test_what_is_no_service_has_no_api_and_no_users(kind: str) -> None:
    profile = judge_tree({**MODELS["Django"], **USERS["Django"]}, kind=kind).profile
    assert not any((profile.has_http_api, profile.has_database, profile.has_users, profile.has_docs_ui))


def test_fields_that_an_admin_set_win() -> None:
    profile = judge_tree(SERVICES["flask"], has_users=True, has_docs_ui=True).profile
    assert profile.has_users and profile.has_docs_ui
