"""How migrations are written in each language: which text is one, and whether its way back says something.

RE2 throughout, so that hostile files cost linear time.
"""

from typing import Any, NamedTuple

from scanners.lazy import lazy_re2


class Form(NamedTuple):
    """Migrations in one file, how many can be taken back, and the line of the first (from 1)."""

    total: int
    reversible: int
    line: int


def _re(*parts: str) -> Any:
    return lazy_re2("".join(parts).encode())


_DJANGO = _re(r"(?m)^class Migration\((?:migrations\.)?\w*Migration\)")
_RUN = _re(r"\b(?:RunPython|RunSQL)\(")
_BACK = _re(r"reverse_|noop|,\s*[\w.]+\s*,?\s*\)$")
_ALEMBIC = _re(r"(?m)^(?:async )?def upgrade\(")
_ALEMBIC_TOO = _re(r"(?m)^(?:down_)?revision\b|\bop\.|-> str|db: BaseDBAsyncClient")
_DOWNGRADE = _re(r"(?m)^(?:async )?def downgrade\([^\n]*\n((?:[ \t]+[^\n]*\n?|[ \t]*\n)*)")
_PYTHON_PROSE = _re(r"(?s)\"\"\".*?\"\"\"|'''.*?'''|#[^\n]*")

_JS = _re(
    r"(?m)implements\s+MigrationInterface|extends\s+(?:Migration|BaseSchema)\b|^\s*(?:exports|module\.exports)\.up\s*=|",
    r"^export\s+(?:const|async function|function)\s+up\b|\basync\s+up\s*\(|",
    r"\bup\s*(?::\s*(?:async\s*)?(?:function\b)?|\()[^\n]*(?:queryInterface|knex|queryRunner|db\b|pgm)",
)
_JS_TOO = _re(
    r"(?i)queryInterface|knex|queryRunner|addSql|\bpgm\b|schema\.|\bdb\.|sql`|sequelize|Kysely|migrat"
)
_JS_DOWN = _re(
    r"(?m)\bexports\.down\s*=\s*(?:async\s*)?(?:function\s*)?|",
    r"^export\s+(?:const\s+down\b[^=\n]*=\s*(?:async\s*)?|(?:async\s+)?function\s+down\b)|",
    r"^\s*(?:public\s+)?(?:async\s+)?down\s*(?::\s*(?:async\s*)?(?:function\s*\w*)?\s*)?\(",
)


class _Braced(NamedTuple):
    """``kind`` opens a migration, ``down`` its way back; ``by_nature`` tells that the tool finds the way itself."""

    kind: Any
    down: Any
    by_nature: Any


_NEVER = _re(r"\A\z.")
_BRACED = {
    "php": _Braced(
        _re(r"\bextends\s+(?:\w*\\)*\w*Migration\b"),
        _re(r"function\s+(?:down|safeDown)\s*\("),
        _re(r"function\s+change\s*\("),
    ),
    "csharp": _Braced(
        _re(r"\bclass\s+\w+\s*:\s*(?:[\w.]+\.)?\w*Migration\b"),
        _re(r"override\s+void\s+Down\s*\("),
        _re(r"AutoReversingMigration"),
    ),
    "rust": _Braced(
        _re(r"impl\s+(?:\w+::)*MigrationTrait\s+for"),
        _re(r"async\s+fn\s+down\s*(?:<[^>]*>)?\("),
        _NEVER,
    ),
}
_OWN_RUST = _re(r"\bfn (?:migrate|upgrade)_to_v?\d+\b")

_GO_TOOL = _re(
    r"goose\.AddMigration\w*\(\s*\w+\s*,\s*(\w+)|\bMigrations?\.MustRegister\(|(?:gorm|xor|xgor)migrate\.Migration\{|",
    r"\bMigrate(?:Session)?:\s*func\(",
)
_GO_STEP = _re(
    r"(?:gorm|xor|xgor)migrate\.Migration\{|\bMigrate(?:Session)?:\s*func\(|goose\.AddMigration|\.MustRegister\("
)
_GO_BUN = _re(r"func\(ctx context\.Context, \w+ \*bun\.DB\)")
_GO_LIST = _re(r"(?i)\bmigrations?\b\s*(?::?=|\[)")
_GO_OWN = _re(
    r"\bfunc\s*(?:\w+)?\(\s*\w+ (?:\*sql\.Tx|\*sqlx\.Tx|\*sql\.DB|\*gorm\.DB|pgx\.Tx)[^)\n]*\)\s*\(?(?:\w+ )?error"
)

_RUBY = _re(
    r"<\s*ActiveRecord::Migration|Sequel\.migration|Sequel::Migration|(?:ROM::SQL|Hanami::Model)\.migration"
)
_ELIXIR = _re(r"use\s+Ecto\.Migration\b")
_CHANGE = _re(r"(?m)^\s*(?:def\s+(?:self\.)?change\b|change do)")
_KEYWORD_DOWN = _re(r"(?m)^[ \t]*(?:def\s+(?:self\.)?down\b|down do)[^\n]*\n\s*([^\n]*)")
_SAYS_NOTHING = _re(r"^(?:end\b|raise\b|nil\b|:ok\b|$)")
_JAVA = _re(
    r"extends\s+BaseJavaMigration|implements\s+(?:JavaMigration|CustomTaskChange|SpringJdbcMigration)|@ChangeUnit|@ChangeSet\("
)

_SQL_UP = _re(
    r"(?im)^--\s*\+(?:goose|migrate)\s+Up\b|^--\s*migrate:up\b|^---- create above / drop below ----|^--\s*changeset\b"
)
_SQL_DOWN = _re(
    r"(?im)^--\s*\+(?:goose|migrate)\s+Down\b|^--\s*migrate:down\b|^---- create above / drop below ----"
)
_SQL_CHANGE_SET = _re(r"(?im)^--\s*changeset\b")
_SQL_ROLLBACK = _re(r"(?im)^--\s*rollback\s+\S")
_SQL_COMMENT = _re(r"--[^\n]*")
_CHANGE_SET = _re(r"(?ms)<changeSet\b.*?</changeSet>|^\s*-\s+changeSet:[^\n]*\n(?:[ \t]{4,}[^\n]*\n?)*")
_ONE_WAY = _re(
    r"<(?:sql|sqlFile|insert|update|delete|dropTable|dropColumn|loadData|modifyDataType)\b|\b(?:sql|sqlFile):"
)

_COMMENTS = _re(r"(?ms)/\*.*?\*/|//[^\n]*|^\s*#[^\n]*")
_EMPTY_BODY = _re(
    r"^(?:return|return (?:Ok\(\(\)\)|nil|null|undefined|Promise\.resolve\(\))|Ok\(\(\)\)|todo!\(\)|unimplemented!\(\)|",
    r"parent::down\(\)|(?:await )?Promise\.resolve\(\)|throw new [^;]*|\$this->throwIrreversible\w*\([^;]*)?$",
)
_EMPTY_ARROW = (b"Promise.resolve()", b"null", b"undefined", b"false")


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
    return Form(total, total if reversible else 0, _line(data, start))


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _python(data: bytes) -> Form | None:
    match = _DJANGO.search(data)
    if match:
        runs = [data[m.end() - 1 : _closing(data, m.end() - 1, b"()") + 1] for m in _RUN.finditer(data)]
        return _form(data, match.start(), all(_BACK.search(run) for run in runs))
    match = _ALEMBIC.search(data)
    if not match or not _ALEMBIC_TOO.search(data):
        return None
    down = _DOWNGRADE.search(data)
    body = down.group(1) if down else b""
    if b'return """' not in body:
        body = _PYTHON_PROSE.sub(b"", body)
    lines = [line.strip() for line in body.split(b"\n") if line.strip()]
    says = [
        line for line in lines if line not in (b"pass", b"...", b"return") and not line.startswith(b"raise ")
    ]
    return _form(data, match.start(), bool(says))


def _javascript(data: bytes) -> Form | None:
    match = _JS.search(data)
    if not match or not _JS_TOO.search(data):
        return None
    down = _JS_DOWN.search(data)
    by_nature = down is None and b"pgm." in data  # node-pg-migrate works the way back out
    return _form(data, match.start(), by_nature or (down is not None and _body_says(data, down.end())))


def _braced(data: bytes, language: str) -> Form | None:
    form = _BRACED[language]
    match = next((m for m in form.kind.finditer(data) if not _is_abstract(data, m.start())), None)
    if match:
        down = form.down.search(data)
        by_nature = bool(form.by_nature.search(data))
        return _form(data, match.start(), by_nature or (down is not None and _body_says(data, down.end())))
    steps = list(_OWN_RUST.finditer(data)) if language == "rust" else []
    return _form(data, steps[0].start(), False, len(steps)) if steps else None


def _is_abstract(data: bytes, position: int) -> bool:
    """True for the base class of an application's own migrations."""
    return b"abstract" in data[data.rfind(b"\n", 0, position) + 1 : position]


def _go(data: bytes) -> Form | None:
    match = _GO_TOOL.search(data)
    if match:
        blocks = len(_GO_STEP.findall(data))
        total = max(1, min(blocks, data.count(b"Migrate:") + data.count(b"MigrateSession:") or blocks))
        if b"Rollback:" in data:
            return Form(total, min(total, data.count(b"Rollback:")), _line(data, match.start()))
        named = match.group(1)
        at = data.find(b"func " + named + b"(") if named and named != b"nil" else -1
        pair = b".MustRegister(" in data and len(_GO_BUN.findall(data)) >= 2
        return _form(data, match.start(), pair or (at != -1 and _body_says(data, data.find(b"(", at))), total)
    if not _GO_LIST.search(data):
        return None
    steps = list(_GO_OWN.finditer(data))
    return _form(data, steps[0].start(), False, len(steps)) if len(steps) > 1 else None


def _keyworded(data: bytes, kind: Any) -> Form | None:
    match = kind.search(data)
    if not match:
        return None
    if _CHANGE.search(data):
        return _form(data, match.start(), b"IrreversibleMigration" not in data)
    down = _KEYWORD_DOWN.search(data)
    return _form(data, match.start(), down is not None and not _SAYS_NOTHING.search(down.group(1).strip()))


def _annotated_sql(data: bytes) -> Form | None:
    match = _SQL_UP.search(data)
    if not match:
        return None
    total = len(_SQL_CHANGE_SET.findall(data))
    if total:
        return Form(total, min(total, len(_SQL_ROLLBACK.findall(data))), _line(data, match.start()))
    down = _SQL_DOWN.search(data)
    rest = _SQL_COMMENT.sub(b"", data[down.end() :]) if down else b""
    return _form(data, match.start(), bool(rest.strip(b" \t\r\n;")))


def _change_sets(data: bytes) -> Form | None:
    sets = list(_CHANGE_SET.finditer(data)) if b"hangeSet" in data else []
    if not sets:
        return None
    back = sum(not _ONE_WAY.search(m.group()) or b"rollback" in m.group() for m in sets)
    return Form(len(sets), back, _line(data, sets[0].start()))


def _body_says(data: bytes, start: int) -> bool:
    """Whether the function whose parameters or body begin at ``start`` (or with the bracket before) does anything."""
    position = start - 1 if data[start - 1 : start] == b"(" else start
    while position < len(data) and data[position] in b" \t\r\n":
        position += 1
    if data[position : position + 1] == b"(":
        position = _closing(data, position, b"()") + 1
    opening = data.find(b"{", position, position + 300)
    arrow = data.find(b"=>", position, position + 300)
    if arrow != -1 and (opening == -1 or arrow < opening):
        rest = data[arrow + 2 : arrow + 60].lstrip()
        if not rest.startswith(b"{"):
            return bool(rest) and not rest.startswith(_EMPTY_ARROW)
        opening = data.find(b"{", arrow)
    if opening == -1:
        return False
    body = _COMMENTS.sub(b"", data[opening + 1 : _closing(data, opening, b"{}")])
    plain = b" ".join(body.split()).rstrip(b"; ")
    return not _EMPTY_BODY.search(plain)


def _closing(data: bytes, opening: int, pair: bytes) -> int:
    """The position of the bracket that closes the one at ``opening``, or the end of what is looked at."""
    depth = 0
    end = min(len(data), opening + 60_000)
    for position in range(opening, end):
        if data[position] == pair[0]:
            depth += 1
        elif data[position] == pair[1]:
            depth -= 1
            if depth == 0:
                return position
    return end
