"""The kind of a repository and what it has, decided from a handful of files each."""

import pytest

from tests.scanners.rules.judging import judge_tree

PROSE = {f"chapters/{n}.md": "# Title\n\nText of this chapter.\n" for n in range(6)}
LINES = "\n".join(f"value_{n} = {n}" for n in range(60)) + "\n"
PLAIN_RUST = "\n".join(f"pub fn call_{n}() -> u32 {{ {n} }}" for n in range(40)) + "\n"
PLAIN_GO = "\n".join(f"func Call{n}() int {{ return {n} }}" for n in range(40)) + "\n"

KINDS = [
    (
        "a web project of .NET is no command line",
        {
            "src/Web/Web.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><OutputType>Exe</OutputType>'
            '</PropertyGroup><ItemGroup><PackageReference Include="FastEndpoints" Version="7.0"/></ItemGroup></Project>',
            "src/Web/Program.cs": "var builder = WebApplication.CreateBuilder(args);\n" * 40,
            "src/Web/Create.cs": "public class Create(IMediator mediator) : Endpoint<CreateRequest, CreateResponse>\n{\n}\n",
        },
        "service",
    ),
    (
        "a Rocket service with a crate of macros beside it",
        {
            "Cargo.toml": '[package]\nname = "app"\n[dependencies]\nrocket = "0.5"\n',
            "macros/Cargo.toml": '[package]\nname = "macros"\n[lib]\nproc-macro = true\n',
            "src/main.rs": "fn main() { let instance = rocket::custom(config).launch(); }\n" + PLAIN_RUST,
            "src/api.rs": '#[get("/alive")]\nfn alive() -> Json<u32> { Json(1) }\n',
        },
        "service",
    ),
    (
        "PHP that answers requests without a framework",
        {
            "index.php": "<?php\nrequire 'lib/Request.php';\n(new Request)->run();\n" + "echo 1;\n" * 40,
            "lib/Request.php": "<?php\nclass Request { function run() { return $_GET['id'] ?? $_SERVER['REQUEST_URI']; } }\n",
        },
        "service",
    ),
    (
        "an embedded JVM server",
        {
            "pom.xml": "<project><dependencies><dependency><groupId>io.undertow</groupId><artifactId>undertow-core"
            "</artifactId><version>2.3</version></dependency></dependencies></project>",
            "src/main/java/app/Server.java": "class Server { Undertow server = Undertow.builder().build(); }\n"
            * 40,
            "src/main/java/app/Health.java": "final class Health implements HttpHandler { }\n",
        },
        "service",
    ),
    (
        "a plug-in that npm start serves",
        {
            "package.json": '{"main": "app.js", "scripts": {"start": "fastify start -l info app.js"}, "dependencies": '
            '{"fastify": "^4"}}',
            "app.js": "module.exports = async (fastify) => {\n  fastify.get('/', async () => ({}))\n}\n"
            + "call()\n" * 40,
        },
        "service",
    ),
    (
        "pages without an API or database of their own",
        {
            "package.json": '{"private": true, "scripts": {"start": "next start"}, "dependencies": {"next": "14", "react": "18"}}',
            "app/layout.tsx": "export default function Layout() { return null }\n" * 40,
            "app/api/revalidate/route.ts": "export async function POST() { return Response.json({}) }\n",
        },
        "frontend",
    ),
    (
        "pages with an API of their own",
        {
            "package.json": '{"private": true, "scripts": {"start": "next start"}, "dependencies": {"next": "14", "react": "18"}}',
            "app/layout.tsx": "export default function Layout() { return null }\n" * 40,
            **{
                f"app/api/{n}/route.ts": "export async function GET() { return Response.json({}) }\n"
                for n in ("users", "files", "teams")
            },
        },
        "service",
    ),
    (
        "a workspace of crates around a program",
        {
            "Cargo.toml": '[package]\nname = "finder"\n[[bin]]\nname = "find"\npath = "crates/core/main.rs"\n',
            "crates/globs/Cargo.toml": '[package]\nname = "globs"\n[lib]\nname = "globs"\n',
            "crates/globs/src/lib.rs": PLAIN_RUST,
            "crates/core/main.rs": "fn main() {}\n",
        },
        "cli",
    ),
    (
        "a Go package that the README shows from code",
        {
            "go.mod": "module example.org/queue\n",
            "queue.go": "package queue\n" + PLAIN_GO,
            "cmd/queue/main.go": 'package main\nimport "github.com/spf13/cobra"\nfunc main() {\n}\n',
            "README.md": "# queue\n\n```go\nqueue.New()\n```\n",
        },
        "library",
    ),
    (
        "a router of Go without any program",
        {
            "go.mod": "module example.org/router\n",
            "mux.go": 'package router\nfunc Serve() { http.ListenAndServe(":80", nil); mux.HandleFunc("/x", y) }\n'
            + PLAIN_GO,
        },
        "library",
    ),
    (
        "a framework with programs that show how to use it",
        {
            "pyproject.toml": '[project]\nname = "ui"\nclassifiers = ["Topic :: Software Development :: Libraries"]\n'
            'dependencies = ["fastapi"]\n[build-system]\nbuild-backend = "hatchling.build"\n',
            "ui/app.py": 'app = FastAPI()\n@app.get("/x")\ndef x(): ...\n' + LINES,
            **{f"examples/{n}/main.py": "import ui\n" for n in range(5)},
        },
        "library",
    ),
    ("documents with scripts that build them", {**PROSE, "tools/build.py": LINES}, "documentation"),
    ("scripts with a README", {"README.md": "# Scripts\n", "a.py": LINES, "b.py": LINES}, "library"),
    (
        "charts with the scripts that keep them",
        {**{f"charts/{n}/Chart.yaml": "name: x\n" for n in range(5)}, "hack/sync.py": LINES * 10},
        "infrastructure",
    ),
    (
        "containers and nothing else",
        {"Dockerfile": "FROM php:8\n", "compose.yaml": "services: {}\n"},
        "infrastructure",
    ),
    ("words and nothing else", {"README.md": "# List\n"}, "documentation"),
    (
        "routes of Javalin in blocks of paths",
        {
            "build.gradle": "dependencies {\n    implementation 'io.javalin:javalin:4.6.1'\n}\n",
            "src/main/kotlin/app/Router.kt": "import io.javalin.Javalin\nfun register(app: Javalin) {\n"
            '    app.routes {\n        path("users") {\n            post(users::register)\n        }\n    }\n}\n'
            + "val a = 1\n"
            * 40,
        },
        "service",
    ),
    (
        "controllers of Symfony that say their routes in annotations",
        {
            "composer.json": '{"type": "project", "require": {"symfony/framework-bundle": "5.4.*"}}',
            "public/index.php": "<?php\nreturn fn () => new Kernel();\n",
            "src/Controller/ListController.php": '<?php\n/**\n * @Route("/api/articles", methods={"GET"})\n */\n'
            "final class ListController extends AbstractController {}\n" + "$a = 1;\n" * 40,
        },
        "service",
    ),
    (
        "functions behind a gateway",
        {
            "package.json": '{"name": "shop"}',
            "serverless.yml": "functions:\n  list:\n    handler: src/a.list\n    events:\n      - http:\n          path: /a\n",
            "src/a.js": "module.exports.list = async () => ({ statusCode: 200, body: JSON.stringify([]) })\n"
            + "call()\n" * 40,
        },
        "service",
    ),
    (
        "controllers of Yii",
        {
            "composer.json": '{"type": "project", "require": {"yiisoft/yii2": "~2.0"}}',
            "backend/controllers/SiteController.php": "<?php\nuse yii\\web\\Controller;\nclass SiteController extends Controller {}\n"
            + "$a = 1;\n" * 40,
        },
        "service",
    ),
    (
        "routes of Swift",
        {
            "Package.swift": 'let package = Package(dependencies: [.package(url: "https://github.com/vapor/vapor.git", from: "4.0.0")])\n',
            "Sources/App/routes.swift": 'import Vapor\nfunc routes(_ app: Application) throws {\n    app.get("hello") { _ in "a" }\n}\n'
            + "let a = 1\n" * 40,
        },
        "service",
    ),
    (
        "an old Go service without a module file",
        {
            "main.go": 'package main\nimport "github.com/astaxie/beego"\nfunc main() {\n\tbeego.Run()\n}\n',
            "routers/router.go": 'package routers\nfunc init() {\n\tweb.Router("/", &c)\n\tmux.Handle("/a", b)\n}\n'
            + "var a = 1\n" * 40,
        },
        "service",
    ),
    (
        "a gateway of Moleculer",
        {
            "package.json": '{"name": "shop", "dependencies": {"moleculer": "^0.14", "moleculer-web": "^0.10"}}',
            "services/api.service.js": 'const ApiGateway = require("moleculer-web");\nmodule.exports = { mixins: [ApiGateway],'
            ' settings: { routes: [{ aliases: {\n  "POST /users/login": "users.login",\n  "REST /users": "users" } }] } }\n'
            + "call()\n"
            * 40,
        },
        "service",
    ),
    (
        "a library whose command line is an extra",
        {
            "pyproject.toml": "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n"
            "[project]\nname = 'web'\n[project.optional-dependencies]\ncli = ['click']\n[project.scripts]\nweb = 'web:main'\n",
            "web/_main.py": "import click\n" + LINES,
        },
        "library",
    ),
    (
        "a program whose command line is no extra",
        {
            "pyproject.toml": "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n"
            "[project]\nname = 'web'\ndependencies = ['click']\n[project.scripts]\nweb = 'web:main'\n",
            "web/_main.py": "import click\n" + LINES,
        },
        "cli",
    ),
    (
        "a program of Rust with a library and examples beside it",
        {
            "Cargo.toml": '[package]\nname = "pager"\ncategories = ["command-line-utilities"]\n[dependencies]\nclap = "4"\n',
            "src/lib.rs": PLAIN_RUST,
            "src/bin/pager/main.rs": "use clap::Parser;\nfn main() {}\n",
            **{f"examples/{n}.rs": "fn main() {}\n" for n in range(6)},
        },
        "cli",
    ),
    (
        "a library of the JVM with a program among its modules",
        {
            "README.md": '# Client\n\n```kotlin\nimplementation("org.example:client:1.0")\n```\n',
            "gradle/publish.gradle.kts": 'plugins { id("com.vanniktech.maven.publish") }\n',
            "cli/build.gradle.kts": 'dependencies { implementation("com.github.ajalt.clikt:clikt:4.0") }\n',
            "cli/src/main/kotlin/Main.kt": "import com.github.ajalt.clikt.core.CliktCommand\nclass Main : CliktCommand()\n",
            "client/src/main/kotlin/Client.kt": "class Client\n" + "val a = 1\n" * 40,
        },
        "library",
    ),
    (
        "images of containers with a few lines of code",
        {
            "images/python.dockerfile": "FROM python:3.12\nCOPY ./app /app\n",
            "images/app/main.py": "async def app(scope, receive, send): ...\n",
            "README.md": "# Images\n",
        },
        "infrastructure",
    ),
    (
        "a book that a small site serves",
        {
            **{f"book/{n}.md": "# Title\n\nText.\n" for n in range(24)},
            "Gemfile": "source 'https://example.org'\ngem 'sinatra'\n",
            "app.rb": "require 'sinatra'\nget '/' do\n  erb :index\nend\n" + "a = 1\n" * 40,
        },
        "documentation",
    ),
]


@pytest.mark.parametrize(("files", "kind"), [case[1:] for case in KINDS], ids=[case[0] for case in KINDS])
def test_kind(files: dict[str, str], kind: str) -> None:
    assert judge_tree(files).profile.kind == kind


FLASK = {
    "requirements/prod.txt": "Flask==3.0\nFlask-SQLAlchemy==3.1\n",
    "app/__init__.py": "db = SQLAlchemy()\ndef create_app():\n    return Flask(__name__)\n" + LINES,
    "app/views.py": '@blueprint.route("/articles")\ndef articles(): ...\n',
}
CLOUD = {
    "serverless.yml": "functions:\n  a:\n    events:\n      - http: GET /a\n",
    "package.json": '{"name": "shop", "dependencies": {"aws-sdk": "^2"}}',
    "a.js": "const db = new AWS.DynamoDB.DocumentClient();\n" + "call()\n" * 40,
}
DATABASES = [
    (
        "groups of dependencies that the program runs with",
        {
            "pyproject.toml": "[dependency-groups]\nmain = ['Django==5.2', 'psycopg==3.2']\n",
            "shop/models.py": "class Item(models.Model):\n    name = models.TextField()\n" + LINES,
            "shop/urls.py": "urlpatterns = [path('items/', views.items)]\n",
        },
        True,
    ),
    (
        "a repository of LoopBack",
        {
            "package.json": '{"name": "shop", "dependencies": {"@loopback/rest": "^14", "@loopback/repository": "^7"}}',
            "src/items.controller.ts": "import {get} from '@loopback/rest';\nexport class Items {\n  @get('/items')\n  list() {}\n}\n"
            "app.get('/a', b);\n" + "call()\n" * 40,
            "src/items.repository.ts": "export class ItemRepository extends DefaultCrudRepository<Item, string> {}\n",
        },
        True,
    ),
    ("a cloud's own database", CLOUD, True),
    ("a cloud's other services", {**CLOUD, "a.js": "const files = new AWS.S3();\n" + "call()\n" * 40}, False),
    ("requirements in a folder", FLASK, True),
    (
        "a requirements file for development only",
        {**FLASK, "requirements/prod.txt": "Flask\n", "requirements/dev.txt": "flask-sqlalchemy\n"},
        False,
    ),
    (
        "the language's own driver",
        {
            "index.php": "<?php\n$db = new PDO('sqlite:data');\necho $_GET['id'];\n" + "echo 1;\n" * 40,
        },
        True,
    ),
    (
        "a package called cookbook is no example",
        {
            "requirements.txt": "Django==5.0\n",
            "manage.py": "execute_from_command_line(sys.argv)\n",
            "cookbook/models.py": "class Recipe(models.Model):\n    name = models.TextField()\n" + LINES,
            "cookbook/urls.py": "urlpatterns = [path('recipes/', views.recipes)]\n",
        },
        True,
    ),
]


@pytest.mark.parametrize(
    ("files", "expected"), [case[1:] for case in DATABASES], ids=[case[0] for case in DATABASES]
)
def test_has_database(files: dict[str, str], expected: bool) -> None:
    profile = judge_tree(files).profile
    assert (profile.kind, profile.has_database) == ("service", expected)


def test_an_address_of_the_documentation_is_no_documentation_that_is_served() -> None:
    served = {**FLASK, "app/api.py": "app = NinjaAPI(docs_url='/reference')\n"}
    linked = {**FLASK, "app/brand.py": "docs_url: str = 'https://docs.example.org'\n"}
    assert judge_tree(served).profile.has_docs_ui
    assert not judge_tree(linked).profile.has_docs_ui


def test_a_manage_py_of_another_framework_is_not_django() -> None:
    files = {"manage.py": "from flask.cli import FlaskGroup\ncli = FlaskGroup()\n" + LINES}
    assert "django" not in judge_tree(files).profile.stack
