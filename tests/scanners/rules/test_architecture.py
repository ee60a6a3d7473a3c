import pytest

from tests.scanners.rules.judging import verdict_of, verdict_on

SERVICE = {"kind": "service", "has_http_api": True, "has_database": True}
BODY = "a = 1\nb = 2\nc = 3\n"


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["app/routes/users.py", "app/models/user.py", "app/services/users.py"], "pass"),
        (["shop/views.py", "shop/models.py", "shop/forms.py"], "pass"),
        (["src/users/users.controller.ts", "src/users/user.entity.ts", "src/users/users.service.ts"], "pass"),
        (["internal/http/handler.go", "internal/store/user.go", "internal/usecase/user.go"], "pass"),
        (["src/main/java/shop/OwnerController.java", "src/main/java/shop/OwnerRepository.java",
          "src/main/java/shop/model/Owner.java"], "pass"),
        (["app/controllers/users.rb", "app/models/user.rb"], "fail"),
        (["app.py", "config.py"], "fail"),
        (["server.js", "frontend/views/List.js", "frontend/services/api.js", "frontend/models/user.js"], "fail"),
    ],
)  # fmt: skip
def test_layers_need_handling_data_and_one_more(paths: list[str], expected: str) -> None:
    files = {path: BODY for path in paths}
    assert verdict_of("architecture.layers", files, **SERVICE) == expected


def test_layers_of_phoenix_are_contexts_below_the_web() -> None:
    files = {
        "mix.exs": 'defmodule S.MixProject do\n  defp deps do\n    [\n      {:phoenix, "~> 1.7"}\n    ]\n  end\nend\n',
        "lib/shop_web/controllers/page_controller.ex": "defmodule ShopWeb.PageController do\nend\n",
        "lib/shop/accounts/user.ex": "defmodule Shop.Accounts.User do\n  use Ecto.Schema\nend\n",
    }
    assert verdict_of("architecture.layers", files, **SERVICE) == "pass"


@pytest.mark.parametrize("item", ["architecture.layers", "architecture.dependency-injection"])
def test_layers_and_injection_are_asked_of_services_only(item: str) -> None:
    assert verdict_of(item, {"lib.py": BODY}, kind="library") == "not_applicable"


def test_layers_of_an_unknown_language_are_unknown() -> None:
    assert verdict_of("architecture.layers", {"src/main.swift": BODY * 9}, **SERVICE) == "unknown"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"api.py": "from fastapi import Depends\n" + "def a(s=Depends(db)): ...\n" * 3}, "pass"),
        ({"api.py": "from fastapi import Depends\ndef a(s=Depends(db)): ...\n"}, "fail"),
        ({"services.py": "".join(f"class S{i}:\n    def __init__(self, repo: UserRepository): ...\n" for i in "abc")}, "pass"),
        ({"package.json": '{"dependencies": {"@nestjs/core": "1", "@nestjs/common": "1"}}',
          "a.service.ts": "import { Injectable } from '@nestjs/common';\n@Injectable()\nexport class A {\n"
                          "  constructor(private readonly b: B) {}\n}\n"}, "pass"),
        ({"a.go": "package a\nfunc NewA(store *Store) *A { return nil }\nfunc NewB(db *sql.DB) *B { return nil }\n"
                  "func NewC(repo Repo) *C { return nil }\n"}, "pass"),
        ({"a.go": "package a\nfunc NewA() *A { return nil }\nfunc NewB(name string) *B { return nil }\n"}, "fail"),
        ({"pom.xml": "<project><dependencies><dependency><groupId>org.springframework.boot</groupId>"
                     "<artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>",
          "src/main/java/A.java": "@RestController\nclass A {\n  private final OwnerRepository owners;\n}\n"}, "pass"),
        ({"routes.js": "const db = require('./db');\nconst users = require('./users');\n"}, "fail"),
        ({"src/a.rs": "async fn a(State(db): State<Db>) {}\nasync fn b(State(db): State<Db>) {}\n"
                      "async fn c(State(db): State<Db>) {}\n"}, "pass"),
        ({"Startup.cs": "services.AddScoped<A>();\nservices.AddScoped<B>();\nservices.AddSingleton<C>();\n"}, "pass"),
        ({"R.kt": "fun Route.a(s: AService) {}\nclass BService(private val r: Repo)\nclass CService(val r: Repo)\n"}, "pass"),
    ],
)  # fmt: skip
def test_injection_must_prevail(files: dict[str, str], expected: str) -> None:
    assert verdict_of("architecture.dependency-injection", files, **SERVICE) == expected


def _sized(*parts: tuple[str, int]) -> dict[str, str]:
    return {path: "".join(f"x{n} = {n}\n" for n in range(lines)) for path, lines in parts}


@pytest.mark.parametrize(
    ("files", "kind", "expected"),
    [
        (_sized(("a/x.py", 200), ("b/y.py", 200), ("c/z.py", 200)), "service", "pass"),
        (_sized(("a/x.py", 201), ("b/y.py", 150), ("c/z.py", 149)), "service", "fail"),
        (_sized(("a/x.py", 200), ("b/y.py", 150), ("c/z.py", 150)), "service", "pass"),
        (_sized(("a/x.py", 200), ("a/y.py", 200), ("b/z.py", 200)), "service", "fail"),
        (_sized(("a/x.py", 200), ("a/y.py", 200), ("a/z.py", 200)), "library", "pass"),
        (_sized(("a/x.py", 200), ("b/y.py", 200), ("c/z.py", 99)), "service", "not_applicable"),
        (_sized(("a/x.py", 99), ("tests/y.py", 900)), "service", "not_applicable"),
        (
            _sized(("a/x.py", 200), ("b/y.py", 200), ("c/z.py", 150), ("c/migrations/m.py", 2000)),
            "service",
            "pass",
        ),
    ],
)
def test_modules_are_cut_at_forty_percent_and_five_hundred_lines(
    files: dict[str, str], kind: str, expected: str
) -> None:
    assert verdict_of("architecture.modular-structure", files, kind=kind) == expected


def test_the_largest_file_is_named_in_words() -> None:
    verdict = verdict_on(
        "architecture.modular-structure", _sized(("a/x.py", 900), ("b/y.py", 100)), kind="service"
    )
    assert any("900 of 1000 lines" in evidence.note for evidence in verdict.evidence)


FASTAPI = "from fastapi import APIRouter\nfrom fastapi.responses import JSONResponse\nrouter = APIRouter()\n@router.get('/items')\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": FASTAPI + "app.include_router(router, prefix='/api/v1')\n"}, "pass"),
        ({"a.py": FASTAPI + "API_PREFIX = '/api/v2'\n"}, "pass"),
        ({"a.py": FASTAPI + "app.include_router(router, prefix='/api')\n"}, "fail"),
        ({"a.py": FASTAPI + "requests.get('https://pay.example/v1/charges')\n"}, "fail"),
        ({"a.py": FASTAPI + "path = '/engine/v2/query'\n"}, "fail"),
        ({"a.py": "from rest_framework import x\n'DEFAULT_VERSIONING_CLASS': 'a.AcceptHeaderVersioning',\n"}, "pass"),
        ({"a.js": "app.use('/v1', r);\nr.get('/x', (req, res) => res.json({}));\n"}, "pass"),
        ({"a.js": "app.use('/api', r);\nr.get('/x', (req, res) => res.json({}));\n"}, "fail"),
        ({"m.ts": "app.enableVersioning({});\n@Controller('x')\n"}, "pass"),
        ({"a.go": 'r.Group("/api/v1")\nc.JSON(200, x)\n'}, "pass"),
        ({"a.proto": 'service A { rpc B(C) returns (D) { option (google.api.http) = { get: "/api/v1/b" }; } }\n',
          "a.go": "json.Marshal(x)\n"}, "pass"),
        ({"A.java": '@RestController\n@RequestMapping("/api/v1/owners")\nclass A {}\n'}, "pass"),
        ({"A.java": '@RestController\n@RequestMapping("/owners")\nclass A {}\n'}, "fail"),
        ({"config/routes.rb": "namespace :v1 do\nend\n", "a.rb": "render json: x\n"}, "pass"),
        ({"routes/api.php": "Route::prefix('v1')->group(fn () => 1);\nreturn response()->json([]);\n"}, "pass"),
        ({"A.cs": '[ApiController]\n[Route("api/v1/[controller]")]\n'}, "pass"),
        ({"A.cs": '[ApiController]\n[HttpPost("v2")]\n'}, "fail"),
        ({"src/a.rs": 'Router::new().nest("/api/v1", r); Json<User>\n'}, "pass"),
        ({"lib/router.ex": 'scope "/api/v1", A do\nend\njson(conn, x)\n'}, "pass"),
    ],
)  # fmt: skip
def test_versions_stand_in_routes_headers_or_media_types(files: dict[str, str], expected: str) -> None:
    assert verdict_of("architecture.api-versioning", files, **SERVICE) == expected


def test_routes_without_pages_are_an_api_however_they_write_json() -> None:
    routes = {"a.rb": "".join(f"get '/{n}' do\nend\n" for n in "abcd")}
    pages = {**routes, "views/a.html.erb": "<p><%= @a %></p>\n"}
    assert verdict_of("architecture.api-versioning", routes, **SERVICE) == "fail"
    assert verdict_of("architecture.api-versioning", pages, **SERVICE) == "not_applicable"


@pytest.mark.parametrize(
    "files",
    [
        {"views.py": "def a(request):\n    return render(request, 'a.html')\n"},
        {
            "views.py": "def a(request):\n    return render(request, 'a.html')\n\ndef b(request):\n    return JsonResponse({})\n"
        },
    ],
)
def test_pages_with_fewer_than_three_json_endpoints_are_no_api(files: dict[str, str]) -> None:
    assert verdict_of("architecture.api-versioning", files, **SERVICE) == "not_applicable"


@pytest.mark.parametrize(
    ("files", "kind", "expected"),
    [
        (_sized(("src/a.py", 50), ("src/b.py", 50), ("setup.py", 20), ("conftest.py", 9)), "library", "pass"),
        (_sized(("a.py", 50), ("b.py", 50), ("c.py", 50), ("lib/d.py", 50)), "library", "fail"),
        (_sized(("a.js", 50), ("lib/b.js", 50), ("webpack.config.js", 80)), "service", "pass"),
        (_sized(("main.tf", 50)), "infrastructure", "not_applicable"),
    ],
)
def test_most_source_lies_outside_the_root(files: dict[str, str], kind: str, expected: str) -> None:
    assert verdict_of("architecture.file-organization", files, kind=kind) == expected
