import pytest

from tests.scanners.rules.judging import verdict_of

SERVICE = {"kind": "service", "has_http_api": True, "has_database": True}
LIBRARY = {"kind": "library", "has_http_api": False, "has_database": False}
DOCUMENTATION = {"kind": "documentation", "has_http_api": False, "has_database": False}

PYTEST = {"tests/test_a.py": "def test_a():\n    assert double(2) == 4\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (PYTEST, "pass"),
        ({"tests/test_a.py": "def test_a():\n    assert True\n"}, "fail"),
        ({"tests/test_a.py": "def test_a():\n    run()\n"}, "fail"),
        ({"tests/test_a.py": "def test_a(client):\n    assert client.get('/a').status_code == 200\n"}, "fail"),
        ({"tests/integration/test_a.py": "def test_a():\n    assert load() == 1\n"}, "fail"),
        ({"src/a.test.ts": "it('adds', () => {\n  expect(add(1, 2)).toBe(3);\n});\n"}, "pass"),
        ({"src/a.spec.ts": "it('is defined', () => {\n  expect(service).toBeDefined();\n});\n"}, "fail"),
        ({"tests/sample.test.ts": "it('can add', () => {\n  expect(1 + 2).toBe(3);\n});\n"}, "fail"),
        ({"test/a.e2e-spec.ts": "it('reads', () => {\n  expect(read()).toBe(3);\n});\n"}, "fail"),
        ({"test/a.test.js": "const request = require('supertest');\nit('a', () => expect(1).toBe(x));\n"}, "fail"),
        ({"src/assert.js": "test('x', () => {});\nassert(a === b);\n"}, "fail"),
        ({"a_test.go": "package a\nfunc TestA(t *testing.T) {\n\tif a() != 1 {\n\t\tt.Errorf(\"x\")\n\t}\n}\n"}, "pass"),
        ({"a_test.go": "package a\nfunc TestA(t *testing.T) {\n\tr := httptest.NewRecorder()\n\tassert.Equal(t, 200, r.Code)\n}\n"}, "fail"),
        ({"src/test/java/ATest.java": "class ATest {\n  @Test\n  void adds() {\n    assertEquals(3, a.add(1, 2));\n  }\n}\n"}, "pass"),
        ({"src/test/java/ATest.java": "@SpringBootTest\nclass ATest {\n  @Test\n  void contextLoads() {}\n}\n"}, "fail"),
        ({"src/test/kotlin/ATest.kt": "class ATest : StringSpec({\n  \"adds\" {\n    add(1, 2) shouldBe 3\n  }\n})\n"}, "pass"),
        ({"spec/models/a_spec.rb": "RSpec.describe A do\n  it 'adds' do\n    expect(A.add(1, 2)).to eq 3\n  end\nend\n"}, "pass"),
        ({"spec/requests/a_spec.rb": "RSpec.describe A do\n  it 'adds' do\n    expect(x).to eq 3\n  end\nend\n"}, "fail"),
        ({"tests/Unit/ATest.php": "<?php\nclass ATest extends TestCase {\n  public function testAdds() {\n    $this->assertSame(3, add(1, 2));\n  }\n}\n"}, "pass"),
        ({"tests/Unit/ExampleTest.php": "<?php\nclass ATest extends TestCase {\n  public function testBasic() {\n    $this->assertTrue(true);\n  }\n}\n"}, "fail"),
        ({"tests/Feature/ATest.php": "<?php\nclass ATest extends TestCase {\n  public function testAdds() {\n    $this->assertSame(3, $x);\n  }\n}\n"}, "fail"),
        ({"tests/Domain.UnitTests/ATests.cs": "class ATests {\n  [Fact]\n  public void Adds() {\n    Assert.Equal(3, A.Add(1, 2));\n  }\n}\n"}, "pass"),
        ({"tests/Api.IntegrationTests/ATests.cs": "class ATests {\n  [Fact]\n  public void Adds() {\n    Assert.Equal(3, x);\n  }\n}\n"}, "fail"),
        ({"src/lib.rs": "#[cfg(test)]\nmod tests {\n    #[test]\n    fn adds() {\n        assert_eq!(add(1, 2), 3);\n    }\n}\n"}, "pass"),
        ({"test/a_test.exs": "defmodule ATest do\n  use ExUnit.Case\n  test \"adds\" do\n    assert A.add(1, 2) == 3\n  end\nend\n"}, "pass"),
        ({"a.tftest.hcl": "run \"a\" {\n  command = plan\n}\n"}, "pass"),
        ({}, "fail"),
    ],
)  # fmt: skip
def test_unit_tests_assert_something_of_single_parts(files: dict[str, str], expected: str) -> None:
    assert verdict_of("testing.unit", files, **LIBRARY) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"tests/test_a.py": "@pytest.mark.django_db\ndef test_a():\n    assert A.objects.count() == 1\n"}, "pass"),
        ({"tests/test_a.py": "def test_a(db_session):\n    assert load(db_session)\n"}, "pass"),
        ({"src/test/java/a/OwnerIT.java": "class OwnerIT {\n  @Test void a() { assertEquals(1, b()); }\n}\n"}, "pass"),
        ({"src/main/java/a/DateAudit.java": "class DateAudit {}\n", "src/main/java/a/Visit.java": "class Visit {}\n", "src/test/java/a/PointTest.java": "class PointTest {\n  @Test void a() { assertEquals(1, b()); }\n}\n"}, "fail"),
        (PYTEST, "fail"),
        ({"test/a.test.ts": "const mongo = await MongoMemoryServer.create();\nit('a', () => expect(x).toBe(1));\n"}, "pass"),
        ({"test/a.test.ts": "jest.mock('../prisma');\nnew PrismaClient();\nit('a', () => expect(x).toBe(1));\n"}, "fail"),
        ({"a_test.go": "func TestA(t *testing.T) {\n\tdb, _ := sql.Open(\"postgres\", dsn)\n}\n"}, "pass"),
        ({"a_test.go": "func TestA(t *testing.T) {\n\tdb := test.DB(t)\n}\n"}, "pass"),
        ({"a_test.go": "func TestA(t *testing.T) {\n\tdb, mock, _ := sqlmock.New()\n}\n"}, "fail"),
        ({"integration-test/a_test.go": "func TestA(t *testing.T) {\n\tcall()\n}\n"}, "pass"),
        ({"src/test/java/ATest.java": "@SpringBootTest\nclass ATest {\n  @Test\n  void a() { assertThat(x).isTrue(); }\n}\n"}, "pass"),
        ({"src/test/java/ATest.java": "@SpringBootTest\nclass ATest {\n  @Test\n  void contextLoads() {}\n}\n"}, "fail"),
        ({"spec/a_spec.rb": "it 'saves' do\n  create(:user)\nend\n"}, "pass"),
        ({"tests/ATest.php": "<?php class ATest extends TestCase { use RefreshDatabase; function test_a() {} }"}, "pass"),
        ({"tests/ATests.cs": "[Fact]\npublic void A() { new WebApplicationFactory<Program>(); }\n"}, "pass"),
        ({"tests/a.rs": "#[sqlx::test]\nasync fn a(pool: PgPool) {}\n"}, "pass"),
        ({"test/a_test.exs": "use App.DataCase\ntest \"a\" do\nend\n"}, "pass"),
    ],
)  # fmt: skip
def test_integration_tests_run_several_parts(files: dict[str, str], expected: str) -> None:
    assert verdict_of("testing.integration", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"tests/test_a.py": "def test_a(client):\n    assert client.get('/a').status_code == 200\n"}, "pass"),
        ({"tests/test_a.py": "import responses\ndef test_a(client):\n    assert client.get('/a').status_code == 200\n"}, "fail"),
        ({"test/a.test.js": "const request = require('supertest');\nit('a', () => request(app).get('/a').expect(200));\n"}, "pass"),
        ({"src/a.test.tsx": "import { render } from '@testing-library/react';\nserver.get('/a'); fetch('/a');\nit('a', f);\n"}, "fail"),
        ({"e2e/a.spec.ts": "it('a', async () => {\n  const res = await axios.get(`/`);\n  expect(res.data).toEqual({ message: 'Hello API' });\n});\n"}, "fail"),
        ({"a_test.go": "func TestA(t *testing.T) {\n\trec := httptest.NewRecorder()\n}\n"}, "pass"),
        ({"src/test/java/ATest.java": "class ATest {\n  @Autowired MockMvc mockMvc;\n  @Test\n  void a() {}\n}\n"}, "pass"),
        ({"src/test/kotlin/ATest.kt": "@Test\nfun a() = testApplication {\n  client.get(\"/a\")\n}\n"}, "pass"),
        ({"spec/a_spec.rb": "it 'reads' do\n  get '/a'\n  expect(response).to be_ok\nend\n"}, "pass"),
        ({"tests/ATest.php": "<?php function test_a() {\n$this->getJson('/a')->assertOk();\n}\n"}, "pass"),
        ({"tests/ATests.cs": "var client = factory.CreateClient();\nawait client.GetAsync(\"/a\");\n"}, "pass"),
        ({"tests/ATests.cs": "var factory = new WebApplicationFactory<Program>();\nawait mediator.Send(x);\n"}, "fail"),
        ({"tests/a.rs": "#[tokio::test]\nasync fn a() {\n    app.oneshot(req).await;\n}\n"}, "pass"),
        ({"test/a_test.exs": "use AppWeb.ConnCase\ntest \"a\", %{conn: conn} do\n  conn = get(conn, \"/a\")\nend\n"}, "pass"),
        ({"package.json": '{"scripts": {"test:api": "newman run api.json"}}'}, "pass"),
        ({}, "fail"),
    ],
)  # fmt: skip
def test_endpoints_are_called_by_tests(files: dict[str, str], expected: str) -> None:
    assert verdict_of("testing.api", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"tests/test_a.py": "with pytest.raises(X):\n    a()\nassert r.status_code == 404\nassert r.status_code == 422\n"}, "pass"),
        ({"tests/test_a.py": "with pytest.raises(X):\n    a()\nassert r.status_code == 404\nassert r.status_code == 200\n"}, "fail"),
        ({"a.test.js": "expect(f).toThrow();\nawait expect(p).rejects.toBe(1);\nrequest(app).get('/').expect(401);\n"}, "pass"),
        ({"a.test.js": "expect(f).not.toThrow();\n" * 3}, "fail"),
        ({"a_test.go": "require.Error(t, err)\nassert.ErrorIs(t, err, x)\nassert.Equal(t, http.StatusNotFound, w.Code)\n"}, "pass"),
        ({"a_test.go": "w.WriteHeader(http.StatusNotFound)\n" * 3}, "fail"),
        ({"src/test/java/ATest.java": "assertThrows(X.class, f);\n.andExpect(status().isNotFound())\n.andExpect(status().isBadRequest())\n"}, "pass"),
        ({"src/test/java/ATest.java": "throw new X(HttpStatus.NOT_FOUND);\n" * 3}, "fail"),
        ({"spec/a_spec.rb": "expect { a }.to raise_error(X)\nexpect(response).to have_http_status(:unauthorized)\nassert_response :not_found\n"}, "pass"),
        ({"spec/a_spec.rb": "expect { a }.not_to raise_error\n" * 3}, "fail"),
        ({"tests/ATest.php": "<?php\n$this->expectException(X::class);\n$r->assertStatus(422);\n$r->assertForbidden();\n"}, "pass"),
        ({"tests/ATests.cs": "Assert.Throws<X>(f);\nawait act.Should().ThrowAsync<Y>();\nAssert.Equal(HttpStatusCode.NotFound, r.StatusCode);\n"}, "pass"),
        ({"src/a.rs": "#[test]\nfn a() {\n    assert!(\n        matches!(r, Err(E::A)),\n    );\n    assert!(matches!(r, Err(E::B)));\n    b().unwrap_err();\n}\n"}, "pass"),
        ({"src/a.rs": "#[test]\nfn a() {\n    assert!(\n        matches!(r, Ok(1)),\n    );\n    assert!(matches!(r, Err(E::B)));\n    b().unwrap_err();\n}\n"}, "fail"),
        ({"tests/a.rs": "assert!(a().is_err());\nb().unwrap_err();\nassert_eq!(r.status(), StatusCode::NOT_FOUND);\n"}, "pass"),
        ({"test/a_test.exs": "assert {:error, _} = a()\nassert json_response(conn, 404)\nassert_raise X, fn -> b() end\n"}, "pass"),
    ],
)  # fmt: skip
def test_three_assertions_on_failures_are_needed(files: dict[str, str], expected: str) -> None:
    assert verdict_of("testing.errors", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({**PYTEST, "tests/conftest.py": "@pytest.fixture\ndef a():\n    return 1\n"}, "pass"),
        ({"tests/conftest.py": "@pytest.fixture\ndef a():\n    return 1\n"}, "fail"),
        (PYTEST, "fail"),
        ({"a.test.ts": "beforeEach(() => {});\nit('a', () => {});\n"}, "pass"),
        ({"a_test.go": "func TestA(t *testing.T) {}\nfunc help(t *testing.T) {\n\tt.Helper()\n}\n"}, "pass"),
        ({"src/test/java/ATest.java": "@BeforeEach\nvoid a() {}\n@Test\nvoid b() {}\n"}, "pass"),
        ({"spec/a_spec.rb": "let(:a) { 1 }\nit 'b' do\nend\n"}, "pass"),
        ({"tests/ATest.php": "<?php function setUp(): void {}\nfunction test_a() {}\n"}, "pass"),
        ({"tests/ATests.cs": "var a = new Mock<IA>();\n[Fact]\npublic void B() {}\n"}, "pass"),
        ({"tests/a.rs": "mod common;\n#[test]\nfn a() {}\n"}, "pass"),
        ({"test/a_test.exs": "setup do\n  :ok\nend\ntest \"a\" do\nend\n"}, "pass"),
    ],
)  # fmt: skip
def test_tests_share_fixtures(files: dict[str, str], expected: str) -> None:
    assert verdict_of("testing.fixtures", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cypress/e2e/a.cy.js": "it('a', () => {\n  cy.visit('/');\n});\n"}, "pass"),
        ({"e2e/a.spec.ts": "import { test } from '@playwright/test';\ntest('a', ({ page }) => page.goto('/'));\n"}, "pass"),
        ({"package.json": '{"scripts": {"e2e": "newman run a.json"}}'}, "pass"),
        ({"a.postman_collection.json": "{}"}, "fail"),
        ({"load/a.js": "import http from 'k6/http';\n"}, "pass"),
        ({"src/test/a.jmx": "<jmeterTestPlan/>"}, "pass"),
        ({"docker-compose-integration-test.yml": "services: {}\n",
          "integration-test/a_test.go": "const basePath = \"http://host:8080\"\nfunc TestA(t *testing.T) {\n\thttp.Get(basePath)\n}\n"}, "pass"),
        ({"test/a.e2e-spec.ts": "const m = await Test.createTestingModule({});\nrequest(app.getHttpServer()).get('/');\nit('a', f);\n"}, "fail"),
        ({"spec/a_spec.rb": "visit '/'\nit 'a' do\nend\n"}, "fail"),
        ({"spec/rails_helper.rb": "Capybara.javascript_driver = :selenium\n"}, "pass"),
    ],
)  # fmt: skip
def test_end_to_end_tests_drive_the_running_system(files: dict[str, str], expected: str) -> None:
    assert verdict_of("testing.e2e", files, **SERVICE) == expected


def test_a_command_line_program_is_tested_end_to_end_by_running_it() -> None:
    files = {"tests/a.rs": '#[test]\nfn a() {\n    Command::cargo_bin("a");\n}\n'}
    assert verdict_of("testing.e2e", files, **{**LIBRARY, "kind": "cli"}) == "pass"
    assert verdict_of("testing.e2e", files, **LIBRARY) == "not_applicable"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pyproject.toml": "[tool.coverage.report]\nfail_under = 80\n"}, "pass"),
        ({"pyproject.toml": "[tool.coverage.report]\nfail_under = 79\n"}, "fail"),
        ({"setup.cfg": "[tool:pytest]\naddopts = --cov=a --cov-fail-under=95\n"}, "pass"),
        ({".github/workflows/a.yml": "on: push\njobs:\n  a:\n    steps:\n      - run: coverage report --fail-under=90\n"}, "pass"),
        ({"jest.config.js": "module.exports = { coverageThreshold: { global: { lines: 85 } } };\n"}, "pass"),
        ({"jest.config.js": "module.exports = { coverageThreshold: { global: { lines: 60 } } };\n"}, "fail"),
        ({"jest.config.js": "module.exports = { maxLines: { lines: 85 } };\n"}, "fail"),
        ({"package.json": '{"scripts": {"test": "c8 --check-coverage --lines 90 node --test"}}'}, "pass"),
        ({"pom.xml": "<project><minimum>0.80</minimum></project>"}, "pass"),
        ({"pom.xml": "<project><minimum>0.50</minimum></project>"}, "fail"),
        ({"build.gradle": "jacocoTestCoverageVerification { violationRules { rule { limit { minimum = 0.9 } } } }\n"}, "pass"),
        ({"codecov.yml": "coverage:\n  status:\n    project:\n      default:\n        target: 80%\n"}, "pass"),
        ({"codecov.yml": "coverage:\n  status:\n    project:\n      default:\n        target: auto\n"}, "fail"),
        ({"spec/spec_helper.rb": "SimpleCov.start { minimum_coverage 90 }\n"}, "pass"),
        ({"A.csproj": "<Project><PropertyGroup><Threshold>80</Threshold></PropertyGroup></Project>"}, "pass"),
        ({"coveralls.json": '{"coverage_options": {"minimum_coverage": 85}}'}, "pass"),
        ({"tarpaulin.toml": "[a]\nfail-under = 82\n"}, "pass"),
    ],
)  # fmt: skip
def test_coverage_is_held_to_eighty_percent(files: dict[str, str], expected: str) -> None:
    assert verdict_of("testing.coverage", files, **LIBRARY) == expected


def _pipeline(run: str, on: str = "[push]") -> dict[str, str]:
    return {
        ".github/workflows/ci.yml": f"on: {on}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: {run}\n"
    }


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({**PYTEST, **_pipeline("pytest")}, "pass"),
        ({**PYTEST, **_pipeline("pytest", "[pull_request]")}, "pass"),
        ({**PYTEST, **_pipeline("pytest", "{push: {branches: [release]}}")}, "fail"),
        ({**PYTEST, **_pipeline("pytest", "[workflow_dispatch]")}, "fail"),
        ({**PYTEST, **_pipeline("ruff check .")}, "fail"),
        (_pipeline("pytest"), "fail"),
        ({**PYTEST, **_pipeline("make test"), "Makefile": "test:\n\tpytest -q\n"}, "pass"),
        ({"a.test.js": "it('a', f);\n", **_pipeline("npm test"), "package.json": '{"scripts": {"test": "jest"}}'}, "pass"),
        ({"a.test.js": "it('a', f);\n", **_pipeline("npm test"),
          "package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, "fail"),
        ({"a_test.go": "func TestA(t *testing.T) {}\n", **_pipeline("go test ./...")}, "pass"),
        ({"src/test/java/ATest.java": "@Test\nvoid a() {}\n", **_pipeline("./mvnw -B verify")}, "pass"),
        ({"src/test/java/ATest.java": "@Test\nvoid a() {}\n", **_pipeline("mvn package -DskipTests")}, "fail"),
        ({"src/test/java/ATest.java": "@Test\nvoid a() {}\n", **_pipeline("./gradlew build")}, "pass"),
        ({"src/test/java/ATest.java": "@Test\nvoid a() {}\n", **_pipeline("./gradlew build -x test")}, "fail"),
        ({"spec/a_spec.rb": "it 'a' do\nend\n", **_pipeline("bundle exec rspec")}, "pass"),
        ({"spec/a_spec.rb": "it 'a' do\nend\n", **_pipeline("bundle exec rake")}, "pass"),
        ({"spec/a_spec.rb": "it 'a' do\nend\n", **_pipeline("bundle exec rake lint")}, "fail"),
        ({"tests/ATest.php": "<?php function test_a() {}\n", **_pipeline("vendor/bin/phpunit")}, "pass"),
        ({"tests/ATests.cs": "[Fact]\npublic void A() {}\n", **_pipeline("dotnet test")}, "pass"),
        ({"src/lib.rs": "#[test]\nfn a() {}\n", **_pipeline("cargo test --workspace")}, "pass"),
        ({"test/a_test.exs": "test \"a\" do\nend\n", **_pipeline("mix test")}, "pass"),
        ({**PYTEST, ".gitlab-ci.yml": "a:\n  script:\n    - tox -e py\n"}, "pass"),
    ],
)  # fmt: skip
def test_a_pipeline_runs_the_tests(files: dict[str, str], expected: str) -> None:
    assert verdict_of("testing.ci", files, **LIBRARY) == expected


@pytest.mark.parametrize("item", ["unit", "integration", "errors", "fixtures", "e2e", "coverage", "ci"])
def test_documentation_has_nothing_to_test(item: str) -> None:
    assert verdict_of(f"testing.{item}", PYTEST, **DOCUMENTATION) == "not_applicable"


def test_a_library_has_no_endpoints_to_test() -> None:
    assert verdict_of("testing.api", PYTEST, **LIBRARY) == "not_applicable"


@pytest.mark.parametrize("item", ["unit", "integration", "errors", "fixtures", "ci"])
def test_tests_in_a_language_nobody_knows_are_unknown(item: str) -> None:
    assert verdict_of(f"testing.{item}", {"a.cpp": "int main() {\n  return 0;\n}\n"}, **LIBRARY) == "unknown"
