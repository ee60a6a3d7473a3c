import pytest

from tests.scanners.rules.judging import verdict_of

SERVICE = {"kind": "service", "has_http_api": True, "has_database": True}

ACTUATOR = (
    "<project><dependencies>"
    "<dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-data-jpa</artifactId></dependency>"
    "<dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-actuator</artifactId></dependency>"
    "%s</dependencies></project>"
)
REGISTRY = "<dependency><groupId>io.micrometer</groupId><artifactId>micrometer-registry-prometheus</artifactId></dependency>"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"requirements-dev.txt": "pytest-benchmark\n"}, "pass"),
        ({"a_test.go": "package a\nfunc BenchmarkA(b *testing.B) {}\n"}, "pass"),
        ({"load/a.js": "import http from 'k6/http';\n"}, "pass"),
        ({"benches/a.rs": "criterion_group!(b, f);\n"}, "pass"),
        ({"src/test/a.jmx": "<jmeterTestPlan/>"}, "pass"),
        ({"A.java": "@Benchmark\npublic void a() {}\n"}, "pass"),
        ({"docs/benchmarking.md": "Run `ab -n 100 http://localhost/`.\n"}, "fail"),
        ({}, "fail"),
    ],
)
def test_benchmarks_are_in_the_repository(files: dict[str, str], expected: str) -> None:
    assert verdict_of("performance.benchmarks", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"tests/test_a.py": "def test_a(self):\n    with self.assertNumQueries(1):\n        a()\n"}, "pass"),
        ({"settings.py": "INSTALLED_APPS = ['debug_toolbar']\n"}, "pass"),
        ({"a.py": "x = models.CharField(db_index=True)\ny = A.objects.select_related('b')\n"}, "pass"),
        ({"a.py": "x = models.CharField(db_index=True)\n"}, "fail"),
        ({"a.py": "y = A.objects.select_related('b')\n"}, "fail"),
        ({"prisma/migrations/1/migration.sql": "-- CreateIndex\nCREATE INDEX a ON b(c);\n", "a.ts": "prisma.a.findMany({ include: { b: true } });\n"}, "fail"),
        ({"prisma/schema.prisma": "model A {\n  id Int\n  @@index([id])\n}\n", "a.ts": "prisma.a.findMany({ include: { b: true } });\n"}, "pass"),
        ({"src/main/resources/application.yml": "spring:\n  jpa:\n    properties:\n      hibernate.generate_statistics: true\n", "A.java": "class A {}\n"}, "pass"),
        ({"src/main/resources/application.yml": "spring:\n  jpa:\n    properties:\n      hibernate.generate_statistics: false\n", "A.java": "class A {}\n"}, "fail"),
        ({"Gemfile": "gem 'bullet'\n"}, "pass"),
        ({"a.go": 'package a\nimport "github.com/exaring/otelpgx"\nvar t = otelpgx.NewTracer()\n'}, "pass"),
        ({"A.java": "@EntityGraph(attributePaths = \"a\")\nList<A> all();\n@Table(indexes = @Index(columnList = \"b\"))\n"}, "pass"),
        ({"A.cs": "q.Include(x => x.B);\nb.HasIndex(x => x.C);\n"}, "pass"),
        ({"telemetry.ex": 'summary("a.repo.query.total_time")\n'}, "fail"),
        ({"telemetry.ex": 'summary("a.repo.query.total_time")\n{TelemetryMetricsPrometheus, metrics: metrics()}\n'}, "pass"),
    ],
)  # fmt: skip
def test_queries_are_analysed_on_purpose(files: dict[str, str], expected: str) -> None:
    assert verdict_of("performance.query-analysis", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "engine = create_async_engine(url)\nasync def a(): ...\n"}, "pass"),
        ({"a.py": "engine = create_engine(url)\ndef a(): ...\n"}, "fail"),
        ({"a.py": "from databases import Database\ndatabase = Database(URL)\n"}, "pass"),
        ({"a.ts": "import { PrismaClient } from '@prisma/client';\nnew PrismaClient();\n"}, "pass"),
        ({"a.ts": "import Database from 'better-sqlite3';\nnew Database('a.db');\n"}, "fail"),
        ({"a.tsx": "const help = ['/data-sources/mongodb-setup'];\n"}, "fail"),
        ({"a.go": "package a\nvar db, err = sql.Open(\"postgres\", dsn)\n"}, "pass"),
        ({"A.java": "interface A extends JpaRepository<B, Long> {}\n"}, "fail"),
        ({"A.java": "interface A extends JpaRepository<B, Long> {}\n", "src/main/resources/application.properties": "spring.threads.virtual.enabled=true\n"}, "pass"),
        ({"A.java": "interface A extends ReactiveCrudRepository<B, Long> {}\n"}, "pass"),
        ({"A.kt": "suspend fun a() = withContext(Dispatchers.IO) { transaction { b() } }\n"}, "fail"),
        ({"a.rb": "class A < ApplicationRecord\nend\n"}, "fail"),
        ({"A.php": "<?php class A extends Model {}"}, "fail"),
        ({"A.cs": "await _context.SaveChangesAsync();\n"}, "pass"),
        ({"a.rs": "sqlx::query(\"x\").execute(&pool).await?;\n"}, "pass"),
        ({"a.rs": "let conn = rusqlite::Connection::open(p)?;\n"}, "fail"),
        ({"a.ex": "Repo.all(q)\n"}, "pass"),
    ],
)  # fmt: skip
def test_database_calls_do_not_block(files: dict[str, str], expected: str) -> None:
    assert verdict_of("performance.async-db", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.go": "package a\nvar open = db.Stats().OpenConnections\n"}, "pass"),
        ({"a.py": "log.info(engine.pool.status())\n"}, "pass"),
        ({"a.py": "@event.listens_for(engine, 'checkout')\ndef a(): ...\n"}, "pass"),
        ({"a.py": "@event.listens_for(engine, 'connect')\ndef a(c): ...\n"}, "fail"),
        ({"pom.xml": ACTUATOR % REGISTRY}, "pass"),
        ({"pom.xml": ACTUATOR % ""}, "fail"),
        (
            {
                "pom.xml": ACTUATOR % "",
                "src/main/resources/application.properties": "management.endpoints.web.exposure.include=*\n",
            },
            "pass",
        ),
        ({"a.rs": "let status = pool.status();\n"}, "pass"),
        ({}, "fail"),
    ],
)
def test_the_pool_is_watched(files: dict[str, str], expected: str) -> None:
    assert verdict_of("performance.pool-monitoring", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"settings.py": "MIDDLEWARE = ['django.middleware.gzip.GZipMiddleware']\n"}, "pass"),
        ({"a.js": "const compression = require('compression');\napp.use(compression());\n"}, "pass"),
        ({"a.go": "package a\nfunc a() { r.Use(gzip.Gzip(gzip.DefaultCompression)) }\n"}, "pass"),
        ({"src/main/resources/application.yml": "server:\n  compression:\n    enabled: true\n"}, "pass"),
        ({"src/main/resources/application.yml": "server:\n  compression:\n    enabled: false\n"}, "fail"),
        ({"config.ru": "use Rack::Deflater\n"}, "pass"),
        ({"A.cs": "app.UseResponseCompression();\n"}, "pass"),
        ({"a.rs": "let app = app.layer(CompressionLayer::new());\n"}, "pass"),
        ({"a.rs": "let e = GzEncoder::new(f, Compression::default());\n"}, "fail"),
        ({"config/prod.exs": "config :a, A.Endpoint, http: [port: 80, compress: true]\n"}, "pass"),
        ({"endpoint.ex": "websocket: [compress: true]\n"}, "fail"),
        ({"nginx/default.conf": "server {\n  gzip on;\n}\n"}, "pass"),
        ({"nginx/default.conf": "server {\n  gzip_static on;\n}\n"}, "fail"),
        ({"Caddyfile": "localhost {\n  encode gzip\n}\n"}, "pass"),
        ({}, "fail"),
    ],
)
def test_responses_are_compressed(files: dict[str, str], expected: str) -> None:
    assert verdict_of("performance.compression", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("item", "profile"),
    [
        ("benchmarks", {**SERVICE, "kind": "infrastructure"}),
        ("query-analysis", {**SERVICE, "has_database": False}),
        ("async-db", {**SERVICE, "has_database": False}),
        ("pool-monitoring", {**SERVICE, "has_database": False}),
        ("compression", {**SERVICE, "has_http_api": False}),
    ],
)
def test_performance_items_apply_where_there_is_something_to_measure(
    item: str, profile: dict[str, object]
) -> None:
    assert verdict_of(f"performance.{item}", {"a.py": "x = 1\n"}, **profile) == "not_applicable"


@pytest.mark.parametrize(
    "item", ["benchmarks", "query-analysis", "async-db", "pool-monitoring", "compression"]
)
def test_performance_in_a_language_nobody_knows_is_unknown(item: str) -> None:
    assert (
        verdict_of(f"performance.{item}", {"a.cpp": "int main() {\n  return 0;\n}\n"}, **SERVICE) == "unknown"
    )
