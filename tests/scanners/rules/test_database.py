import pytest

from tests.scanners.rules.judging import verdict_of

SERVICE = {"kind": "service", "has_http_api": True, "has_database": True}
PG = {"requirements.txt": "psycopg2\nsqlalchemy\n"}


def _node(*names: str) -> dict[str, str]:
    listed = ", ".join(f'"{name}": "1"' for name in names)
    return {"package.json": f'{{"dependencies": {{{listed}}}}}'}


def _pom(*names: str) -> dict[str, str]:
    listed = "".join(
        f"<dependency><groupId>{n.split(':')[0]}</groupId><artifactId>{n.split(':')[1]}</artifactId></dependency>"
        for n in names
    )
    return {"pom.xml": f"<project><dependencies>{listed}</dependencies></project>"}


JPA = _pom(
    "org.springframework.boot:spring-boot-starter-data-jpa", "com.h2database:h2", "org.postgresql:postgresql"
)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({**PG, "a.py": "engine = create_engine(url)\n"}, "pass"),
        ({"requirements.txt": "sqlalchemy\n", "a.py": "engine = create_engine('sqlite:///a.db')\n"}, "fail"),
        ({"a.py": "pool = await asyncpg.create_pool(dsn)\n"}, "pass"),
        ({"settings.py": "DATABASES = {'default': {'CONN_MAX_AGE': 60}}\n"}, "pass"),
        ({"settings.py": "DATABASES = {'default': {'CONN_MAX_AGE': 0}}\n"}, "fail"),
        ({**_node("typeorm", "pg"), "a.ts": "new DataSource({ type: 'postgres' });\n"}, "pass"),
        ({**_node("typeorm", "sqlite3"), "a.ts": "new DataSource({ type: 'sqlite' });\n"}, "fail"),
        ({"a.ts": "export const prisma = new PrismaClient();\n"}, "pass"),
        ({"a.js": "mongoose.connect(url);\n"}, "pass"),
        ({"a.go": "package a\nvar db, err = sql.Open(\"postgres\", dsn)\n"}, "pass"),
        ({"a.go": "package a\nvar c, err = pgx.Connect(ctx, dsn)\n"}, "fail"),
        ({"a.go": "package a\nfunc NewMapper(client *mongo.Client) *Mapper { return nil }\n"}, "pass"),
        (JPA, "pass"),
        ({"Gemfile": "gem 'rails'\n"}, "pass"),
        ({"a.php": "<?php $p = new PDO($dsn, $u, $p);"}, "fail"),
        ({"a.php": "<?php $p = new PDO($dsn, $u, $p, [PDO::ATTR_PERSISTENT => true]);"}, "pass"),
        ({"A.cs": "services.AddDbContext<AppContext>(o => o.UseNpgsql(c));\n"}, "pass"),
        ({"a.rs": "let pool = PgPoolOptions::new().connect(&url).await?;\n"}, "pass"),
        ({"a.ex": "defmodule A do\n  use Ecto.Repo, otp_app: :a\nend\n"}, "pass"),
    ],
)  # fmt: skip
def test_connections_are_pooled(files: dict[str, str], expected: str) -> None:
    assert verdict_of("database.pooling", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "with Session(engine) as session:\n    yield session\n"}, "pass"),
        ({"a.py": "class A(models.Model):\n    pass\n"}, "pass"),
        ({"a.py": "c = sqlite3.connect('a.db')\nc.execute('x')\n"}, "fail"),
        ({"a.ts": "const prisma = new PrismaClient();\n"}, "pass"),
        ({"a.go": "package a\nfunc a() {\n\trows, _ := db.Query(q)\n\tdefer rows.Close()\n}\n"}, "pass"),
        ({"a.go": "package a\nfunc a() {\n\tdefer conn.Close()\n}\n"}, "fail"),
        ({"a.go": "package a\nfunc NewMapper(client *mongo.Client) *Mapper { return nil }\n"}, "pass"),
        ({"A.java": "@Transactional\nvoid a() {}\n"}, "pass"),
        ({"A.kt": "fun a() = transaction(Database.connect(source)) {\n}\n"}, "pass"),
        ({"a.rb": "class A < ApplicationRecord\nend\n"}, "pass"),
        ({"A.php": "<?php class A extends Model {}"}, "pass"),
        ({"A.cs": "services.AddDbContext<AppContext>();\n"}, "pass"),
        ({"a.rs": "let mut tx = pool.begin().await?;\n"}, "pass"),
        ({"a.ex": "Repo.all(query)\n"}, "pass"),
    ],
)
def test_connections_have_a_scope(files: dict[str, str], expected: str) -> None:
    assert verdict_of("database.scoped-connections", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"requirements.txt": "django\npsycopg2\n", "settings.py": "DATABASES = {'default': dj_database_url.config()}\n"}, "pass"),
        ({"requirements.txt": "django\npsycopg2\n", "settings.py": "import django.contrib.postgres\nDATABASES = {'default': dj_database_url.config()}\n"}, "fail"),
        ({"requirements.txt": "django\n", "settings.py": "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n"}, "fail"),
        ({**PG, "config.py": "url = os.environ.get('DATABASE_URL', 'sqlite:///a.db')\n"}, "pass"),
        (PG, "fail"),
        ({**_node("typeorm", "pg", "mysql2"), "a.ts": "export default { type: process.env.DATABASE_TYPE };\n// typeorm\nuse(typeorm)\n"}, "pass"),
        ({**_node("typeorm", "pg"), "a.ts": "export default { type: process.env.DATABASE_TYPE };\nuse(typeorm)\n"}, "fail"),
        ({**JPA, "src/main/resources/application-postgres.properties": "spring.datasource.url=jdbc:postgresql://x\n"}, "pass"),
        ({"go.mod": "module a\nrequire (\n\tgithub.com/lib/pq v1\n\tmodernc.org/sqlite v1\n)\n", "a.go": "package a\nswitch d {\ncase \"postgres\":\n}\n"}, "pass"),
        ({"composer.json": '{"require": {"laravel/framework": "*"}}', "config/database.php": "<?php return ['default' => env('DB_CONNECTION', 'mysql')];"}, "pass"),
        ({"a.csproj": '<Project><ItemGroup><PackageReference Include="Npgsql" /><PackageReference Include="Microsoft.Data.Sqlite" /></ItemGroup></Project>',
          "A.cs": "#if (UseSqlite)\noptions.UseSqlite(c);\n#else\noptions.UseNpgsql(c);\n#endif\n"}, "fail"),
        ({"a.csproj": '<Project><ItemGroup><PackageReference Include="Npgsql" /><PackageReference Include="Microsoft.Data.Sqlite" /></ItemGroup></Project>',
          "A.cs": "if (config.UseSqlite)\n  options.UseSqlite(c);\nelse\n  options.UseNpgsql(c);\n"}, "pass"),
    ],
)  # fmt: skip
def test_configuration_selects_a_second_engine(files: dict[str, str], expected: str) -> None:
    assert verdict_of("database.fallback", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "from django.db import models\nclass A(models.Model):\n    pass\n"}, "pass"),
        ({"a.py": "from sqlmodel import SQLModel\nclass A(Base, table=True):\n    pass\n"}, "pass"),
        ({"a.py": "cursor.execute('select 1')\n"}, "fail"),
        ({"a.py": "class ReporterPermission(Base):\n    pass\n"}, "fail"),
        ({"a.ts": "export class UserRepository {}\n"}, "pass"),
        (
            {"a.go": "package a\ntype UserRepository interface {\n\tGet(ctx context.Context) error\n}\n"},
            "pass",
        ),
        ({"a.go": "package a\ntype Repo struct {\n\tClone string\n}\n"}, "fail"),
        ({"A.java": "interface A extends JpaRepository<B, Long> {}\n"}, "pass"),
        ({"a.rb": "class A < ApplicationRecord\nend\n"}, "pass"),
        ({"A.php": "<?php class A extends Model {}"}, "pass"),
        ({"A.cs": "public DbSet<A> As { get; set; }\n"}, "pass"),
        ({"a.rs": "use diesel::prelude::*;\n"}, "pass"),
        ({"src/http.rs": 'sqlx::query!("select 1").fetch_one(&db).await?;\n'}, "fail"),
        ({"src/repository/a.rs": 'sqlx::query!("select 1").fetch_one(&db).await?;\n'}, "pass"),
        ({"a.ex": "defmodule A do\n  use Ecto.Schema\nend\n"}, "pass"),
    ],
)
def test_a_layer_separates_sql_from_business_code(files: dict[str, str], expected: str) -> None:
    assert verdict_of("database.abstraction", files, **SERVICE) == expected


@pytest.mark.parametrize("item", ["pooling", "scoped-connections", "fallback", "abstraction"])
def test_nothing_is_asked_of_what_has_no_database(item: str) -> None:
    assert verdict_of(f"database.{item}", PG, **{**SERVICE, "has_database": False}) == "not_applicable"


@pytest.mark.parametrize("item", ["pooling", "scoped-connections", "fallback", "abstraction"])
def test_a_database_reached_in_a_language_nobody_knows_is_unknown(item: str) -> None:
    assert verdict_of(f"database.{item}", {"a.cpp": "int main() {\n  return 0;\n}\n"}, **SERVICE) == "unknown"
