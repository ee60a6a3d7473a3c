import pytest

from tests.scanners.rules.judging import verdict_of, verdict_on

SERVICE = {"kind": "service", "has_http_api": True, "has_database": True}
PG = {"requirements.txt": "psycopg2\n"}

ALEMBIC = 'revision = "a"\ndef upgrade():\n    op.add_column("a", x)\n\ndef downgrade():\n'
TYPEORM = "export class A implements MigrationInterface {\n  async up(queryRunner) { await q(); }\n  async down(queryRunner) {%s}\n}\n"
LARAVEL = "<?php\nreturn new class extends Migration {\n  public function up() { x(); }\n  public function down()\n  {\n%s  }\n};\n"
EFCORE = "public partial class A : Migration\n{\n  protected override void Up(M m) { m.X(); }\n  protected override void Down(M m)\n  {\n%s  }\n}\n"

REVERSIBLE = [
    {"a/migrations/0001_initial.py": "class Migration(migrations.Migration):\n    operations = [migrations.CreateModel('a')]\n"},
    {"a/migrations/0002_x.py": "class Migration(migrations.Migration):\n    operations = [migrations.RunPython(a, migrations.RunPython.noop)]\n"},
    {"alembic/versions/a.py": ALEMBIC + '    op.drop_column("a", "x")\n'},
    {"src/migrations/1-a.ts": TYPEORM % " await q(); "},
    {"migrations/1-a.js": "exports.up = (knex) => knex.schema.createTable('a');\nexports.down = (knex) => knex.schema.dropTable('a');\n"},
    {"migrations/1-a.js": "module.exports = {\n  async up(queryInterface) { await a(); },\n  async down(queryInterface) { await b(); }\n};\n"},
    {"migrations/1_a.up.sql": "CREATE TABLE a ();\n", "migrations/1_a.down.sql": "DROP TABLE a;\n"},
    {"migrations/1_a/up.sql": "CREATE TABLE a ();\n", "migrations/1_a/down.sql": "DROP TABLE a;\n"},
    {"db/migrations/1_a.sql": "-- +goose Up\nCREATE TABLE a ();\n-- +goose Down\nDROP TABLE a;\n"},
    {"db/migrations/1_a.sql": "-- migrate:up\nCREATE TABLE a ();\n-- migrate:down\nDROP TABLE a;\n"},
    {"migration/1.go": "var a = gormigrate.Migration{\n\tMigrate: func(tx *gorm.DB) error { return x() },\n\tRollback: func(tx *gorm.DB) error { return y() },\n}\n"},
    {"db/changelog/db.changelog-1.xml": "<databaseChangeLog><changeSet id='1'><createTable tableName='a'/></changeSet></databaseChangeLog>"},
    {"db/migrate/1_a.rb": "class A < ActiveRecord::Migration[7.0]\n  def change\n    create_table :a\n  end\nend\n"},
    {"database/migrations/1_a.php": LARAVEL % "    Schema::drop('a');\n"},
    {"migrations/Version1.php": "<?php\nfinal class Version1 extends AppMigration {\n  public function up(): void { x(); }\n  public function down(): void { y(); }\n}\n"},
    {"Migrations/1_A.cs": EFCORE % "    m.DropTable(\"a\");\n"},
    {"migration/src/m1.rs": "impl MigrationTrait for Migration {\n    async fn up(&self, m: &M) -> R { x().await }\n    async fn down(&self, m: &M) -> R { m.drop_table().await }\n}\n"},
    {"priv/repo/migrations/1_a.exs": "defmodule A do\n  use Ecto.Migration\n  def change do\n    create table(:a)\n  end\nend\n"},
]  # fmt: skip

ONE_WAY = [
    {"a/migrations/0002_x.py": "class Migration(migrations.Migration):\n    operations = [migrations.RunPython(fill)]\n"},
    {"alembic/versions/a.py": ALEMBIC + "    pass\n"},
    {"alembic/versions/a.py": ALEMBIC + '    raise NotImplementedError("never")\n'},
    {"src/migrations/1-a.ts": TYPEORM % ""},
    {"migrations/1-a.js": "exports.up = (knex) => knex.schema.createTable('a');\nexports.down = () => Promise.resolve();\n"},
    {"prisma/migrations/1_a/migration.sql": "-- CreateTable\nCREATE TABLE a ();\n"},
    {"migrations/1_a.up.sql": "CREATE TABLE a ();\n", "migrations/1_a.down.sql": "-- nothing\n"},
    {"src/main/resources/db/migration/V1__a.sql": "CREATE TABLE a ();\n"},
    {"db/migrations/1_a.sql": "-- +goose Up\nCREATE TABLE a ();\n-- +goose Down\n"},
    {"db/changelog/a.xml": "<databaseChangeLog><changeSet id='1'><sql>x</sql></changeSet></databaseChangeLog>"},
    {"db/migrate/1_a.rb": "class A < ActiveRecord::Migration[7.0]\n  def up\n    x\n  end\n\n  def down\n    raise ActiveRecord::IrreversibleMigration\n  end\nend\n"},
    {"database/migrations/1_a.php": LARAVEL % "    //\n"},
    {"Migrations/1_A.cs": EFCORE % ""},
    {"src/sql_migrations.rs": "async fn upgrade_to_v1(p: &P) {}\nasync fn upgrade_to_v2(p: &P) {}\n"},
    {"internal/migrations.go": "var migrations = []func(tx *sql.Tx) error{\n\tfunc(tx *sql.Tx) error { return nil },\n\tfunc(tx *sql.Tx) error { return nil },\n}\n"},
    {"priv/repo/migrations/1_a.exs": "defmodule A do\n  use Ecto.Migration\n  def up do\n    x()\n  end\n\n  def down do\n    :ok\n  end\nend\n"},
]  # fmt: skip


@pytest.mark.parametrize("files", REVERSIBLE)
def test_a_way_back_that_does_something_reverses(files: dict[str, str]) -> None:
    assert verdict_of("migrations.versioned", {**PG, **files}, **SERVICE) == "pass"
    assert verdict_of("migrations.rollback", {**PG, **files}, **SERVICE) == "pass"


@pytest.mark.parametrize("files", ONE_WAY)
def test_an_empty_way_back_reverses_nothing(files: dict[str, str]) -> None:
    assert verdict_of("migrations.versioned", {**PG, **files}, **SERVICE) == "pass"
    assert verdict_of("migrations.rollback", {**PG, **files}, **SERVICE) == "fail"


def test_undo_scripts_beside_do_scripts_take_them_back() -> None:
    files = {
        **PG,
        "migrations/001.do.users.sql": "CREATE TABLE users (id int);\n",
        "migrations/001.undo.users.sql": "DROP TABLE users;\n",
    }
    assert verdict_of("migrations.rollback", files, **SERVICE) == "pass"


def test_most_migrations_must_be_reversible() -> None:
    half = {
        **PG,
        "alembic/versions/a.py": ALEMBIC + "    x()\n",
        "alembic/versions/b.py": ALEMBIC + "    pass\n",
    }
    assert verdict_of("migrations.rollback", half, **SERVICE) == "fail"
    most = {**half, "alembic/versions/c.py": ALEMBIC + "    y()\n"}
    verdict = verdict_on("migrations.rollback", most, **SERVICE)
    assert verdict.outcome == "pass"
    assert verdict.evidence[0].note == "2 of 3 can be taken back"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"alembic.ini": "[alembic]\n", "alembic/versions/a.py": ALEMBIC + "    x()\n"}, "pass"),
        ({"alembic.ini": "[alembic]\n"}, "fail"),
        ({"a/migrations/0001_initial.py": "class Migration(migrations.Migration):\n    pass\n"}, "pass"),
        ({"package.json": '{"scripts": {"m": "prisma migrate deploy"}}', "prisma/migrations/1/migration.sql": "CREATE TABLE a ();\n"}, "pass"),
        ({"pom.xml": "<project><dependencies><dependency><groupId>org.flywaydb</groupId><artifactId>flyway-core</artifactId></dependency></dependencies></project>",
          "src/main/resources/db/migration/V1__a.sql": "CREATE TABLE a ();\n"}, "pass"),
        ({"src/main/resources/schema.sql": "CREATE TABLE a ();\n"}, "fail"),
        ({"store/migration/1_a.sql": "CREATE TABLE a ();\n", "store/migration/2_b.sql": "ALTER TABLE a;\n"}, "pass"),
        ({"tests/migrations/1_a.up.sql": "x", "tests/migrations/2_a.up.sql": "x"}, "fail"),
        ({}, "fail"),
    ],
)  # fmt: skip
def test_a_migration_tool_is_used_where_its_files_are(files: dict[str, str], expected: str) -> None:
    assert verdict_of("migrations.tool", {**PG, **files}, **SERVICE) == expected


def test_history_needs_two_migrations() -> None:
    one = {**PG, "db/migrate/1_a.rb": "class A < ActiveRecord::Migration[7.0]\n  def change\n  end\nend\n"}
    two = {**one, "db/migrate/2_b.rb": "class B < ActiveRecord::Migration[7.0]\n  def change\n  end\nend\n"}
    assert verdict_of("migrations.history", one, **SERVICE) == "fail"
    assert verdict_of("migrations.history", two, **SERVICE) == "pass"


@pytest.mark.parametrize("item", ["tool", "versioned", "rollback", "history"])
def test_migrations_do_not_apply_without_a_schema(item: str) -> None:
    mongo = {"package.json": '{"dependencies": {"mongoose": "8"}}', "a.js": "mongoose.connect(url);\n"}
    assert verdict_of(f"migrations.{item}", mongo, **SERVICE) == "not_applicable"
    assert verdict_of(f"migrations.{item}", PG, **{**SERVICE, "has_database": False}) == "not_applicable"


@pytest.mark.parametrize("item", ["tool", "versioned", "rollback", "history"])
def test_migrations_of_a_language_nobody_knows_are_unknown(item: str) -> None:
    files = {**PG, "a.cpp": "int main() {\n  return 0;\n}\n"}
    assert verdict_of(f"migrations.{item}", files, **SERVICE) == "unknown"
