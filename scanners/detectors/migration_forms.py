"""How migrations are written in each language: which text is one, and whether its way back says something."""

import re
from typing import NamedTuple


class Form(NamedTuple):
    """Migrations in one file, how many can be taken back, and the line of the first (from 1)."""

    total: int
    reversible: int
    line: int


_DJANGO = re.compile(rb"(?m)^class Migration\((?:migrations\.)?\w*Migration\)")
_ALEMBIC = re.compile(rb"(?m)^(?:async )?def upgrade\(")
_ONE_WAY_PYTHON = re.compile(rb"\b(RunPython|RunSQL)\(([^()]|\([^()]*\))*\)")
_JS = re.compile(
    rb"implements\s+MigrationInterface|extends\s+(?:Migration|BaseSchema)\b|^\s*(?:exports|module\.exports)\.up\s*=|"
    rb"^export\s+(?:const|async function|function)\s+up\b|\basync\s+up\s*\(|"
    rb"\bup\s*(?::\s*(?:async\s*)?(?:function\b)?|\()[^\n]*(?:queryInterface|knex|queryRunner|db\b|pgm)",
    re.MULTILINE,
)
_JS_DOWN = re.compile(
    rb"(?m)(?:\bexports\.down\s*=\s*(?:async\s*)?(?:function\s*)?|^export\s+(?:const\s+down\b[^=\n]*=\s*(?:async\s*)?|(?:async\s+)?function\s+down\b)|^\s*(?:public\s+)?(?:async\s+)?down\s*(?::\s*(?:async\s*)?(?:function\s*\w*)?\s*)?(?=\())"
)
_BRACED = {
    "php": (re.compile(rb"(?m)^(?!\s*abstract).*\bextends\s+(?:\w*\\)*\w*Migration\b(?=[\s\S]*\bfunction\s+(?:up|change|safeUp)\s*\()"), re.compile(rb"function\s+(?:down|safeDown)\s*(?=\()"), re.compile(rb"function\s+change\s*\(")),
    "csharp": (re.compile(rb"(?m)^(?!.*\babstract\b).*\bclass\s+\w+\s*:\s*(?:[\w.]+\.)?\w*Migration\b"), re.compile(rb"override\s+void\s+Down\s*(?=\()"), re.compile(rb"AutoReversingMigration")),
    "rust": (re.compile(rb"impl\s+(?:\w+::)*MigrationTrait\s+for"), re.compile(rb"async\s+fn\s+down\s*(?:<[^>]*>)?(?=\()"), re.compile(rb"$^")),
}  # fmt: skip
_GOOSE_GO = re.compile(rb"goose\.AddMigration\w*\(\s*\w+\s*,\s*(\w+)|\bMigrations?\.MustRegister\(|(?:x?gorm|xor)migrate\.Migration\{|\bMigrate(?:Session)?:\s*func\(")
_GO_OWN = re.compile(rb"\bfunc\s*(?:\w+)?\(\s*\w+ (?:\*sql\.Tx|\*sqlx\.Tx|\*sql\.DB|\*gorm\.DB|pgx\.Tx|schemaVersion)[^)\n]*\)\s*(?:\(?(?:\w+ )?error)")
_RUBY = re.compile(rb"<\s*ActiveRecord::Migration|Sequel\.migration|Sequel::Migration|ROM::SQL\.migration")
_ELIXIR = re.compile(rb"use\s+Ecto\.Migration\b")
_JAVA = re.compile(rb"extends\s+BaseJavaMigration|implements\s+(?:JavaMigration|CustomTaskChange|SpringJdbcMigration)|@ChangeUnit|@ChangeSet\(")
_SQL_DOWN = re.compile(rb"(?im)^--\s*\+(?:goose|migrate)\s+Down\b|^--\s*migrate:down\b|^---- create above / drop below ----|^--\s*rollback\b")
_SQL_UP = re.compile(rb"(?im)^--\s*\+(?:goose|migrate)\s+Up\b|^--\s*migrate:up\b|^---- create above / drop below ----|^--\s*changeset\b")
_CHANGE_SET = re.compile(rb"<changeSet\b[\s\S]*?</changeSet>|^\s*-\s+changeSet:[^\n]*\n(?:[ \t]{4,}[^\n]*\n?)*", re.MULTILINE)
_NO_REVERSE = re.compile(rb"<sql\b|<sqlFile\b|<insert\b|<update\b|<delete\b|<dropTable\b|<dropColumn\b|<loadData\b|<modifyDataType\b|\bsql:|\bsqlFile:")
_OWN_RUST = re.compile(rb"\bfn (?:migrate|upgrade)_to_v?\d+\b")
_COMMENTS = re.compile(rb"/\*[\s\S]*?\*/|//[^\n]*|^\s*#[^\n]*", re.MULTILINE)


def forms_in(data: bytes, language: str) -> Form | None:
    """The migrations that a file of ``language`` holds, or None where it holds none."""
    if language == "python":
        return _python(data)
    if language in ("javascript", "typescript"):
        return _javascript(data)
    if language in _BRACED:
        return _braced(data, language)
    if language == "go":
        return _go(data)
    if language in ("ruby", "elixir"):
        return _keyworded(data, _RUBY if language == "ruby" else _ELIXIR)
    if language in ("java", "kotlin"):
        match = _JAVA.search(data)
        return _form(data, match.start(), b"@RollbackExecution" in data) if match else None
    if language == "sql":
        return _annotated_sql(data)
    return _change_sets(data) if language in ("xml", "yaml") else None


def _form(data: bytes, start: int, reversible: bool, total: int = 1) -> Form:
    return Form(total, total if reversible else 0, data.count(b"\n", 0, start) + 1)


def _python(data: bytes) -> Form | None:
    match = _DJANGO.search(data)
    if match:
        one_way = any(not re.search(rb"reverse_|noop|,\s*\w+\s*\)?\s*$|,\s*[\w.]+\s*,?\s*\)$", m.group()) for m in _ONE_WAY_PYTHON.finditer(data))
        return _form(data, match.start(), not one_way)
    match = _ALEMBIC.search(data)
    if not match or not re.search(rb"(?m)^(?:down_)?revision\b|\bop\.|-> str|db: BaseDBAsyncClient", data):
        return None
    down = re.search(rb"(?m)^(?:async )?def downgrade\([^\n]*\n((?:[ \t]+[^\n]*\n?|[ \t]*\n)*)", data)
    body = re.sub(rb"\"\"\".*?\"\"\"|'''.*?'''|#[^\n]*", b"", down.group(1), flags=re.DOTALL) if down else b""
    if down and b"return \"\"\"" in down.group(1):
        body = down.group(1)
    lines = [line.strip() for line in body.split(b"\n") if line.strip()]
    says = [line for line in lines if line not in (b"pass", b"...", b"return") and not line.startswith(b"raise ")]
    return _form(data, match.start(), bool(says))


def _javascript(data: bytes) -> Form | None:
    match = _JS.search(data)
    if not match:
        return None
    if not re.search(rb"queryInterface|knex|queryRunner|QueryRunner|addSql|\bpgm\b|schema\.|\bdb\.|sql`|sequelize|Kysely|migrat", data, re.IGNORECASE):
        return None
    down = _JS_DOWN.search(data)
    reversible = down is not None and _body_says(data, down.end())
    return _form(data, match.start(), reversible or (down is None and b"pgm." in data))


def _braced(data: bytes, language: str) -> Form | None:
    kind, down_at, by_nature = _BRACED[language]
    match = kind.search(data)
    if not match:
        if language == "rust" and (steps := _OWN_RUST.findall(data)):
            return Form(len(steps), 0, data.count(b"\n", 0, data.find(steps[0])) + 1)
        return None
    down = down_at.search(data)
    return _form(data, match.start(), bool(by_nature.search(data)) or (down is not None and _body_says(data, down.end())))


def _go(data: bytes) -> Form | None:
    match = _GOOSE_GO.search(data)
    if match:
        blocks = len(re.findall(rb"(?:x?gorm|xor)migrate\.Migration\{|\bMigrate(?:Session)?:\s*func\(|goose\.AddMigration|\.MustRegister\(", data))
        total = max(1, min(blocks, data.count(b"Migrate:") or blocks))
        if b"Rollback:" in data:
            return Form(total, min(total, data.count(b"Rollback:")), data.count(b"\n", 0, match.start()) + 1)
        back = match.group(1)
        named = back is not None and back != b"nil"
        body = re.search(rb"func " + re.escape(back) + rb"(?=\()", data) if named and back else None
        says = body is not None and _body_says(data, body.end())
        pair = b".MustRegister(" in data and len(re.findall(rb"func\(ctx context\.Context, \w+ \*bun\.DB\)", data)) >= 2
        return _form(data, match.start(), says or pair, total)
    if not re.search(rb"(?i)\bmigrations?\b\s*(?::?=|\[)", data):
        return None
    steps = list(_GO_OWN.finditer(data))
    return _form(data, steps[0].start(), False, len(steps)) if len(steps) > 1 else None


def _keyworded(data: bytes, kind: re.Pattern[bytes]) -> Form | None:
    match = kind.search(data)
    if not match:
        return None
    if re.search(rb"(?m)^\s*(?:def\s+(?:self\.)?change\b|change do)", data):
        return _form(data, match.start(), b"IrreversibleMigration" not in data)
    down = re.search(rb"(?m)^[ \t]*(?:def\s+(?:self\.)?down\b|down do)[^\n]*\n\s*([^\n]*)", data)
    says = down is not None and not re.match(rb"end\b|raise\b|nil\b|:ok\b|$", down.group(1).strip())
    return _form(data, match.start(), says)


def _annotated_sql(data: bytes) -> Form | None:
    match = _SQL_UP.search(data)
    if not match:
        return None
    if re.search(rb"(?im)^--\s*changeset\b", data):
        total = len(re.findall(rb"(?im)^--\s*changeset\b", data))
        back = min(total, len(re.findall(rb"(?im)^--\s*rollback\s+\S", data)))
        return Form(total, back, data.count(b"\n", 0, match.start()) + 1)
    down = _SQL_DOWN.search(data)
    rest = re.sub(rb"--[^\n]*", b"", data[down.end() :]) if down else b""
    return _form(data, match.start(), bool(rest.strip(b" \t\r\n;")))


def _change_sets(data: bytes) -> Form | None:
    sets = list(_CHANGE_SET.finditer(data)) if b"hangeSet" in data else []
    if not sets:
        return None
    back = sum(not _NO_REVERSE.search(m.group()) or b"rollback" in m.group() for m in sets)
    return Form(len(sets), back, data.count(b"\n", 0, sets[0].start()) + 1)


def _body_says(data: bytes, start: int) -> bool:
    """Whether the function whose parameters or body begin at ``start`` does anything."""
    position = start
    while position < len(data) and data[position] in b" \t\r\n":
        position += 1
    if data[position : position + 1] == b"(":
        position = _closing(data, position, b"()") + 1
    opening = data.find(b"{", position, position + 300)
    arrow = data.find(b"=>", position, position + 300)
    if arrow != -1 and (opening == -1 or arrow < opening):
        rest = data[arrow + 2 : arrow + 40].lstrip()
        if not rest.startswith(b"{"):
            return bool(rest) and not rest.startswith((b"Promise.resolve()", b"null", b"undefined"))
        opening = data.find(b"{", arrow)
    if opening == -1:
        return False
    body = _COMMENTS.sub(b"", data[opening + 1 : _closing(data, opening, b"{}")]).strip()
    plain = re.sub(rb"\s+", b" ", body).rstrip(b";").strip()
    return bool(plain) and not re.fullmatch(
        rb"(return|pass|Ok\(\(\)\)|return Ok\(\(\)\)|return Promise\.resolve\(\)|todo!\(\)|unimplemented!\(\)|parent::down\(\)|return nil|"
        rb"Promise\.resolve\(\)|await Promise\.resolve\(\)|throw new [^;]*|\$this->throwIrreversible\w*\([^;]*|/\* .* \*/|//)?",
        plain,
    )


def _closing(data: bytes, opening: int, pair: bytes) -> int:
    """The position of the bracket that closes the one at ``opening``, or the end of the data."""
    depth = 0
    for position in range(opening, min(len(data), opening + 200_000)):
        if data[position] == pair[0]:
            depth += 1
        elif data[position] == pair[1]:
            depth -= 1
            if depth == 0:
                return position
    return len(data)
