import pytest

from tests.scanners.rules.judging import verdict_of

SERVICE = {"kind": "service", "has_http_api": True, "has_database": True}
LIBRARY = {"kind": "library", "has_http_api": False, "has_database": False}

STRANGE = {"a.cpp": "int main() {\n  return 0;\n}\n", "openapi.yaml": "openapi: 3.0.0\n"}
JSON_VIEW = {"a.py": "from flask import jsonify\n@app.get('/a')\ndef a():\n    return jsonify(a=1)\n"}
JSON_ROUTE = "app.get('/a', (req, res) => res.json(a));\n"
PAGE_VIEW = {"a.py": "@app.get('/a')\ndef a():\n    return render_template('a.html')\n"}

FASTAPI = "from fastapi import APIRouter, FastAPI\napp = FastAPI()\n"
ROUTE = "@app.get('/a')\nasync def a():\n    return 1\n"
DESCRIBED = '@app.get(\'/b\')\nasync def b():\n    """All of b."""\n    return 1\n'
SPEC = "openapi: 3.0.0\npaths:\n  /a:\n    get:\n      responses: {}\n"
DESCRIBED_SPEC = "openapi: 3.0.0\npaths:\n  /a:\n    get:\n      summary: All of a\n"


def _pom(group: str, artifact: str) -> str:
    return f"<project><dependencies><dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId></dependency></dependencies></project>"


SPRINGDOC = _pom("org.springdoc", "springdoc-openapi-starter-webmvc-ui")
NEST = "import { Controller } from '@nestjs/common';\nimport { ApiOperation } from '@nestjs/swagger';\n@Controller('a')\nclass A {\n"
SPRING = '@RestController\nclass A {\n  {SPEC}@GetMapping("/a")\n  A a() {}\n}\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": FASTAPI + ROUTE}, "pass"),
        ({"a.py": FASTAPI.replace("FastAPI()", "FastAPI(openapi_url=None)") + ROUTE}, "fail"),
        ({"a.py": FASTAPI.replace("FastAPI()", "FastAPI(docs_url=None, redoc_url=None)") + ROUTE}, "pass"),
        (JSON_VIEW, "fail"),
        ({**JSON_VIEW, "requirements.txt": "flasgger==1.0\n"}, "fail"),
        ({**JSON_VIEW, "b.py": "# from flasgger import Swagger\n"}, "fail"),
        ({**JSON_VIEW, "b.py": "from flasgger import Swagger\nSwagger(app)\n"}, "pass"),
        ({**JSON_VIEW, "openapi.yaml": SPEC}, "pass"),
        ({**JSON_VIEW, "docs/api.yml": SPEC}, "pass"),
        ({**JSON_VIEW, "tests/openapi.yaml": SPEC}, "fail"),
        ({**JSON_VIEW, "examples/openapi.yaml": SPEC}, "fail"),
        ({**JSON_VIEW, "API.md": "# GET /a\n\nAll of a.\n"}, "fail"),
        ({**JSON_VIEW, "docs/a.postman_collection.json": "{}\n"}, "fail"),
        ({**JSON_VIEW, "schema.graphql": "type Query {\n  a: Int\n}\n"}, "pass"),
        ({**JSON_VIEW, "a.proto": "service A {\n  rpc B(C) returns (D);\n}\n"}, "pass"),
        ({"a.js": JSON_ROUTE}, "fail"),
        ({"a.js": "const ui = require('swagger-ui-express');\n" + JSON_ROUTE}, "pass"),
        ({"a.js": "// const ui = require('swagger-ui-express');\n" + JSON_ROUTE}, "fail"),
        ({"package.json": '{"name": "a", "dependencies": {"swagger-jsdoc": "6"}}\n', "a.js": JSON_ROUTE}, "fail"),
        ({"a.go": 'package a\nimport (\n\tginSwagger "github.com/swaggo/gin-swagger"\n)\nfunc a() {\n\tr.GET("/a", b)\n\tc.JSON(200, d)\n}\n'}, "pass"),
        ({"a.go": 'package a\nfunc a() {\n\tr.GET("/a", b)\n\tc.JSON(200, d)\n}\n'}, "fail"),
        ({"pom.xml": SPRINGDOC, "A.java": SPRING.replace("{SPEC}", "")}, "pass"),
        ({"A.java": SPRING.replace("{SPEC}", "")}, "fail"),
        ({"A.cs": "builder.Services.AddSwaggerGen();\napp.MapGet(\"/a\", () => Results.Ok());\n"}, "pass"),
        ({"A.cs": "app.MapGet(\"/a\", () => Results.Ok());\n"}, "fail"),
        ({"a.rs": '#[utoipa::path(get, path = "/a")]\nasync fn a() -> Json<A> {}\n'}, "pass"),
        ({"mix.exs": "defmodule A.MixProject do\n  defp deps do\n    [\n      {:open_api_spex, \"~> 3.0\"}\n    ]\n  end\nend\n", "lib/a/router.ex": "defmodule A.Router do\n  get \"/a\", A, :a\n  json(conn, a)\nend\n"}, "pass"),
        (PAGE_VIEW, "not_applicable"),
    ],
)  # fmt: skip
def test_a_description_is_generated_or_committed(files: dict[str, str], expected: str) -> None:
    assert verdict_of("api-docs.openapi", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": FASTAPI + DESCRIBED}, "pass"),
        ({"a.py": FASTAPI + DESCRIBED + ROUTE}, "pass"),
        ({"a.py": FASTAPI + DESCRIBED + ROUTE + ROUTE}, "fail"),
        ({"a.py": FASTAPI + ROUTE}, "fail"),
        ({"a.py": FASTAPI + ROUTE.replace("'/a'", "'/a', summary='All of a'")}, "pass"),
        ({"a.py": FASTAPI + ROUTE.replace("'/a'", "'/a', response_description='All of a'")}, "fail"),
        ({"a.py": FASTAPI + ROUTE.replace("async def a()", "# All of a\nasync def a()")}, "fail"),
        ({"a.py": FASTAPI + ROUTE, "tests/test_a.py": FASTAPI + DESCRIBED * 5}, "fail"),
        ({"a.py": FASTAPI + ROUTE, "examples/a.py": FASTAPI + DESCRIBED * 5}, "fail"),
        ({"a.py": FASTAPI.replace("FastAPI()", "FastAPI(openapi_url=None)") + DESCRIBED}, "fail"),
        ({"a.py": FASTAPI + '@app.get(\n    "/a",\n    dependencies=[Depends(b)],\n)\nasync def a(\n    c: int = Query(1),\n) -> dict[str, int]:\n    """All of a."""\n'}, "pass"),
        # a docstring that no description publishes, and a reference written by hand
        ({"a.py": "from flask import jsonify\n@app.get('/a')\ndef a():\n    \"\"\"All of a.\"\"\"\n    return jsonify(a=1)\n"}, "fail"),
        ({**JSON_VIEW, "API.md": "# GET /a\n\nAll of a.\n"}, "fail"),
        ({"a.py": "from rest_framework.views import APIView\nfrom drf_spectacular.utils import extend_schema\nclass A(APIView):\n    @extend_schema(summary='All of a')\n    def get(self, request):\n        return Response()\n"}, "pass"),
        ({"a.py": "from rest_framework.views import APIView\nimport drf_spectacular\nclass A(APIView):\n    def get(self, request):\n        return Response()\n"}, "fail"),
        ({"a.ts": NEST + "  @Get()\n  @ApiOperation({ summary: 'All of a' })\n  a() {}\n}\n"}, "pass"),
        ({"a.ts": NEST + "  @Get()\n  a() {}\n}\n"}, "fail"),
        ({"a.ts": NEST + "  // @ApiOperation({ summary: 'All of a' })\n  @Get()\n  a() {}\n}\n"}, "fail"),
        ({"a.js": "const s = require('swagger-jsdoc');\n/**\n * @openapi\n * /a:\n *   get:\n *     summary: All of a\n */\n" + JSON_ROUTE}, "pass"),
        ({"a.js": "const s = require('swagger-jsdoc');\n" + JSON_ROUTE}, "fail"),
        ({"a.go": 'package a\nimport _ "github.com/swaggo/gin-swagger"\n\n// @Summary All of a\n// @Router /a [get]\nfunc a() {\n\tc.JSON(200, d)\n}\nfunc b() { r.GET("/a", a) }\n'}, "pass"),
        ({"a.go": 'package a\nimport _ "github.com/swaggo/gin-swagger"\n\n// @Router /a [get]\nfunc a() {\n\tc.JSON(200, d)\n}\nfunc b() { r.GET("/a", a) }\n'}, "fail"),
        ({"pom.xml": SPRINGDOC, "A.java": SPRING.replace("{SPEC}", '@Operation(summary = "All of a")\n  ')}, "pass"),
        ({"pom.xml": SPRINGDOC, "A.java": SPRING.replace("{SPEC}", "")}, "fail"),
        ({"pom.xml": SPRINGDOC, "A.java": SPRING.replace("{SPEC}", "/** All of a. */\n  ")}, "fail"),
        ({"A.cs": 'builder.Services.AddSwaggerGen();\napp.MapGet("/a", () => Results.Ok()).WithSummary("All of a");\n'}, "pass"),
        ({"A.cs": 'builder.Services.AddSwaggerGen();\napp.MapGet("/a", () => Results.Ok());\n'}, "fail"),
        ({"a.rs": '/// All of a\n#[utoipa::path(get, path = "/a")]\nasync fn a() -> Json<A> {}\n'}, "pass"),
        ({"a.rs": '#[utoipa::path(get, path = "/a")]\nasync fn a() -> Json<A> {}\n'}, "fail"),
        ({"a.rs": "/// All of a\n#[utoipa::path(get)]\nasync fn a() -> Json<A> {}\n", "b.rs": 'r.route("/a", get(a))\n'}, "pass"),
        ({"a.go": 'package a\nimport _ "github.com/swaggo/gin-swagger"\n\n// @Summary All of a\n// @Router /a [get]\nfunc a() { c.JSON(200, d) }\n\n// @Router /b [get]\n// @Router /c [get]\nfunc b() { r.GET("/a", a) }\n'}, "fail"),
        ({"a.go": 'package a\nimport "github.com/danielgtaylor/huma/v2"\nfunc a() {\n\thuma.Register(api, huma.Operation{Path: "/a", Summary: "All of a"}, f)\n\tr.Get("/b", c)\n\tjson.Marshal(d)\n}\n'}, "pass"),
        ({"lib/a.ex": "defmodule A do\n  use Absinthe.Schema\n  def a(conn, p), do: json(conn, p)\nend\n", "openapi.yaml": SPEC}, "fail"),
        ({"a.rb": "class A < Grape::API\n  desc 'All of a'\n  get '/a' do\n    b.to_json\n  end\nend\n", "Gemfile": "gem 'grape'\ngem 'grape-swagger'\n"}, "pass"),
        ({"a.rb": "class A < Grape::API\n  get '/a' do\n    b.to_json\n  end\nend\n", "Gemfile": "gem 'grape'\ngem 'grape-swagger'\n"}, "fail"),
        ({"composer.json": '{"require": {"zircote/swagger-php": "4"}}', "A.php": "<?php\n/** @OA\\Get(path=\"/a\", summary=\"All of a\") */\nfunction a() { return response()->json($a); }\n"}, "pass"),
        ({**JSON_VIEW, "openapi.yaml": DESCRIBED_SPEC}, "pass"),
        ({**JSON_VIEW, "openapi.yaml": SPEC}, "fail"),
        ({**JSON_VIEW, "openapi.yaml": SPEC.replace("responses: {}", "responses:\n        '200':\n          description: OK")}, "fail"),
        ({"a.py": "from flask import jsonify\n@app.get('/a')\ndef a():\n    \"\"\"All of a.\"\"\"\n    return jsonify(a=1)\n", "openapi.yaml": SPEC}, "fail"),
        ({"a.py": "from flask import jsonify\nfrom flasgger import Swagger\n@app.get('/a')\ndef a():\n    \"\"\"All of a.\"\"\"\n    return jsonify(a=1)\n"}, "pass"),
        ({**JSON_VIEW, "openapi.json": '{\n  "openapi": "3.0.0",\n  "paths": {\n    "/a": {\n      "get": {\n        "summary": "All of a"\n      }\n    }\n  }\n}\n'}, "pass"),
        ({**JSON_VIEW, "schema.graphql": 'type Query {\n  "All of a"\n  a: Int\n}\n'}, "pass"),
        ({**JSON_VIEW, "schema.graphql": "type Query {\n  a: Int\n}\n"}, "fail"),
        ({**JSON_VIEW, "schema.graphql": "type Query {\n  # All of a\n  a: Int\n}\n"}, "fail"),
        ({**JSON_VIEW, "schema.graphql": 'type Query {\n  """All of a"""\n  a(b: Int): Int\n}\n'}, "pass"),
        ({**JSON_VIEW, "a.proto": "service A {\n  // All of b.\n  rpc B(C) returns (D);\n}\n"}, "pass"),
        ({**JSON_VIEW, "a.proto": "service A {\n  rpc B(C) returns (D);\n}\n"}, "fail"),
        (PAGE_VIEW, "not_applicable"),
    ],
)  # fmt: skip
def test_most_endpoints_are_described_where_it_is_published(files: dict[str, str], expected: str) -> None:
    assert verdict_of("api-docs.descriptions", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": FASTAPI + ROUTE}, "pass"),
        ({"a.py": FASTAPI.replace("FastAPI()", "FastAPI(openapi_url=None)") + ROUTE}, "fail"),
        ({**JSON_VIEW, "openapi.yaml": SPEC}, "fail"),
        ({**JSON_VIEW, "openapi.yaml": SPEC, "Makefile": "docs:\n\tredocly build openapi.yaml\n"}, "pass"),
        ({**JSON_VIEW, "openapi.yaml": SPEC, "Makefile": "docs:\n\t# redocly build openapi.yaml\n"}, "fail"),
        ({**JSON_VIEW, "openapi.yaml": SPEC, "templates/docs.html": "<script src='redoc.standalone.js'></script>\n"}, "pass"),
        ({**JSON_VIEW, "Makefile": "docs:\n\tredocly build openapi.yaml\n"}, "fail"),
        ({**JSON_VIEW, "b.py": "from drf_spectacular.views import SpectacularAPIView\n"}, "pass"),
        ({"a.js": "const s = require('swagger-jsdoc');\n" + JSON_ROUTE}, "pass"),
        ({"a.ts": NEST + "  @Get()\n  a() {}\n}\n"}, "pass"),
        ({"pom.xml": SPRINGDOC, "A.java": SPRING.replace("{SPEC}", "")}, "pass"),
        ({"A.cs": "builder.Services.AddSwaggerGen();\napp.MapGet(\"/a\", () => Results.Ok());\n"}, "pass"),
        ({**JSON_VIEW, "schema.graphql": "type Query {\n  a: Int\n}\n"}, "fail"),
        ({"schema.graphqls": "type Query {\n  a: Int\n}\n", "a.go": 'package a\nfunc a() {\n\tr.Handle("/", playground.Handler("a", "/query"))\n\tc.JSON(200, d)\n}\n'}, "pass"),
        ({"Gemfile": "gem 'rails'\ngem 'rswag-api'\n", "config/routes.rb": "get '/a', to: 'a#b'\n", "app/a.rb": "render json: a\n"}, "pass"),
        (PAGE_VIEW, "not_applicable"),
    ],
)  # fmt: skip
def test_documentation_is_made_by_a_tool(files: dict[str, str], expected: str) -> None:
    assert verdict_of("api-docs.generated", files, **SERVICE) == expected


@pytest.mark.parametrize("item", ["openapi", "descriptions", "generated"])
def test_what_serves_no_programs_is_not_described(item: str) -> None:
    assert verdict_of(f"api-docs.{item}", {"a.py": FASTAPI + ROUTE}, **LIBRARY) == "not_applicable"


@pytest.mark.parametrize("item", ["descriptions", "generated"])
def test_an_api_in_a_language_nobody_knows_is_unknown(item: str) -> None:
    assert verdict_of(f"api-docs.{item}", STRANGE, **SERVICE) == "unknown"
