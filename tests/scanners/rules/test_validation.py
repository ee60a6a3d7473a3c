import pytest

from tests.scanners.rules.judging import verdict_of, verdict_on

SERVICE = {"kind": "service", "has_http_api": True, "has_database": True}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"requirements.txt": "fastapi\n", "a.py": "from fastapi import FastAPI\nfrom pydantic import BaseModel\n"
          "class A(BaseModel):\n    x: int\n"}, "pass"),
        ({"a.py": "from rest_framework import serializers\nclass A(serializers.Serializer): ...\n"
          "class B(serializers.ModelSerializer): ...\n"}, "pass"),
        ({"a.py": "from flask import request\n" + "x = request.get_json()\n" * 3}, "fail"),
        ({"a.py": "from marshmallow import Schema\nclass A(Schema): ...\nx = request.get_json()\ny = request.json['a']\n"
          "z = request.form['b']\n"}, "fail"),
        ({"a.py": "from django import forms\nclass A(forms.Form): ...\nclass B(forms.Form): ...\n"
          "form = A(request.POST)\nx = request.POST['x']\n"}, "pass"),
        ({"a.js": "const s = Joi.object({});\nrouter.post('/a', validate(s), f);\n"}, "pass"),
        ({"a.js": "const Joi = require('joi');\nmodule.exports = { create: { body: { name: Joi.string() } } };\n", "r.js": "router.route('/').post(validate(create), add);\n"}, "pass"),
        ({"r.js": "router.route('/').post(add);\n"}, "fail"),
        ({"a.js": "router.post('/a', f);\nrouter.put('/b', g);\nrouter.post('/c', h);\nconst s = z.object({});\n"}, "fail"),
        ({"package.json": '{"dependencies": {"@nestjs/core": "1"}}',
          "a.dto.ts": "import { IsEmail } from 'class-validator';\n" + "@IsEmail()\n" * 3}, "pass"),
        ({"a.go": 'type A struct {\n\tB string `binding:"required"`\n\tC string `validate:"min=1"`\n\tD int `binding:"gt=0"`\n}\n'}, "pass"),
        ({"a.go": "json.NewDecoder(r.Body).Decode(&m)\n"}, "fail"),
        ({"A.java": "void a(@Valid @RequestBody A a) {}\nvoid b(@RequestBody B b) {}\n"}, "pass"),
        ({"A.java": "void a(@RequestBody A a) {}\nvoid b(@RequestBody B b) {}\n"}, "fail"),
        ({"a.kt": "fun a(ctx: ApplicationCall) {\n  ctx.receive<UserDTO>()\n}\n"}, "pass"),
        ({"a.kt": "fun a(ctx: ApplicationCall) {\n  call.receiveText()\n}\n"}, "fail"),
        ({"a.rb": "params.require(:a).permit(:b)\n", "b.rb": "validates :b, presence: true\n"}, "pass"),
        ({"a.rb": "User.create(params[:user])\n"}, "fail"),
        ({"A.php": "<?php class A extends FormRequest {}", "B.php": "<?php class B extends FormRequest {}"}, "pass"),
        ({"A.cs": "class A : AbstractValidator<B> {}\nclass C : AbstractValidator<D> {}\n"}, "pass"),
        ({"a.rs": "async fn a(Json(x): Json<A>) {}\nasync fn b(Form(x): Form<B>) {}\n"}, "pass"),
        ({"a.ex": "validate_required(c, [:a])\n|> validate_length(:a, min: 1)\n|> validate_format(:b, ~r/x/)\n"}, "pass"),
    ],
)  # fmt: skip
def test_most_input_is_declared(files: dict[str, str], expected: str) -> None:
    assert verdict_of("validation.schemas", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "from pydantic import BaseModel, Field\nx: str = Field(min_length=1)\ny: EmailStr\nz: int = Field(ge=0)\n"}, "pass"),
        ({"a.py": "from pydantic import BaseModel, Field\nx: str = Field(min_length=1)\ny: str\nz: int\n"}, "fail"),
        ({"a/migrations/0001.py": "class A(migrations.Migration):\n" + "    x = models.CharField(max_length=3)\n" * 3}, "fail"),
        ({"a.ts": "@IsEmail()\n@MinLength(3)\n@IsUUID()\n"}, "pass"),
        ({"a.ts": "@IsNotEmpty()\n@IsString()\n@IsOptional()\n"}, "fail"),
        ({"a.js": "const z = require('zod');\nz.string()\n .min(3)\n .email()\n .max(9);\n"}, "pass"),
        ({"a.go": 'A string `validate:"required,min=1"`\nB string `binding:"email"`\nC int `binding:"required,gte=1"`\n'}, "pass"),
        ({"a.go": 'A string `validate:"required"`\nB string `binding:"required"`\nC int `binding:"required"`\n'}, "fail"),
        ({"A.java": "@Size(max = 3)\nString a;\n@Email\nString b;\n@Pattern(regexp = \"x\")\nString c;\n"}, "pass"),
        ({"A.java": "@NotNull\nString a;\n@NotNull\nString b;\n@NotNull\nString c;\n"}, "fail"),
        ({"a.rb": "validates :a, length: { maximum: 3 }\nvalidates :b, format: { with: X }\nvalidates :c, uniqueness: true\n"}, "pass"),
        ({"a.rb": "redirect_to(x, format: :json)\n" * 3}, "fail"),
        ({"A.php": "<?php class A extends FormRequest { function rules() { return ['a' => 'required|max:3',\n"
          "'b' => 'required|email',\n'c' => ['integer', 'min:1']]; } }"}, "pass"),
        ({"A.cs": "RuleFor(x => x.A).MaximumLength(3);\nRuleFor(x => x.B).EmailAddress();\n[Range(1, 2)]\n"}, "pass"),
        ({"a.rs": "#[validate(length(min = 1))]\na: String,\n#[validate(email)]\nb: String,\n#[validate(range(min = 1))]\nc: u8,\n"}, "pass"),
        ({"a.ex": "validate_length(:a, min: 1)\n|> validate_format(:b, ~r/x/)\n|> validate_number(:c, greater_than: 0)\n"}, "pass"),
    ],
)  # fmt: skip
def test_three_fields_are_constrained(files: dict[str, str], expected: str) -> None:
    assert verdict_of("validation.field-rules", files, **SERVICE) == expected


TYPED = "def f{0}(a: int):\n    return a\n\n\n"
UNTYPED = "def g{0}(a={{'x': 1}}, b=lambda c: c):\n    return a\n\n\n"


def _python(typed: int, untyped: int) -> str:
    return "".join(TYPED.format(n) for n in range(typed)) + "".join(UNTYPED.format(n) for n in range(untyped))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": _python(6, 4)}, "pass"),
        ({"a.py": _python(59, 41)}, "fail"),
        ({"a.py": "def f(\n    self,\n    a,\n) -> None:\n    pass\n"}, "pass"),
        ({"a.ts": "let a = 1\n" * 80, "b.js": "let a = 1\n" * 20}, "pass"),
        ({"a.ts": "let a = 1\n" * 79, "b.js": "let a = 1\n" * 21}, "fail"),
        ({"a.vue": '<script lang="ts">\nlet a\n</script>\n'}, "pass"),
        ({"a.vue": "<script>\nlet a\n</script>\n"}, "fail"),
        ({"a.go": "package a\nvar b = 1\n"}, "pass"),
        ({"A.cs": "int a;\n" * 54, "b.ts": "let a\n" * 22, "c.js": "let a\n" * 24}, "pass"),
        ({"A.php": "<?php\nfunction a(int $x) {}\nfunction b($x): string {}\nfunction c($x) {}\n"}, "pass"),
        ({"A.php": "<?php\nfunction a(int $x) {}\nfunction b($x) {}\nfunction c($x) {}\n"}, "fail"),
        ({"a.rb": "sig { params(x: Integer).void }\ndef a(x)\nend\n"}, "pass"),
        ({"a.rb": "def a(x)\nend\n"}, "fail"),
        ({"a.ex": "def a(x) do\nend\n"}, "fail"),
    ],
)
def test_most_code_is_typed(files: dict[str, str], expected: str) -> None:
    assert verdict_of("validation.type-safety", files, kind="service") == expected


def test_annotated_functions_are_counted_in_words() -> None:
    assert (
        verdict_on("validation.type-safety", {"a.py": _python(3, 2)}, kind="service")
        .evidence[0]
        .note.startswith("3 of 5")
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "from fastapi import APIRouter, Query\ndef a(q: str = Query()): ...\n"}, "pass"),
        ({"a.py": "from fastapi import APIRouter\n@r.get('/')\ndef a(skip: int = 0, limit: int = 9): ...\n"}, "pass"),
        ({"a.py": "q = request.GET.get('q')\n"}, "fail"),
        ({"a.py": "page = request.args.get('page', 1, type=int)\n"}, "fail"),
        ({"a.py": "class V:\n    filterset_class = F\n"}, "pass"),
        ({"a.py": "form = SearchForm(request.GET)\n"}, "pass"),
        ({"a.py": "try:\n    n = int(request.GET['n'])\nexcept ValueError:\n    return HttpResponseBadRequest()\n"}, "pass"),
        ({"a.js": "const q = req.query.q;\n"}, "fail"),
        ({"a.js": "celebrate({ query: Joi.object({}) });\nconst q = req.query;\n"}, "pass"),
        ({"a.ts": "f(@Query() query: ListDto) {}\n"}, "pass"),
        ({"a.ts": "f(@Query() query): Promise<A> {}\n"}, "fail"),
        ({"a.ts": "f(@Query() query: any) {}\n"}, "fail"),
        ({"A.php": '<?php\n/**\n * @QueryParam(name="limit", requirements="\\d+")\n */\nclass A {}'}, "pass"),
        ({"a.go": 'n := c.DefaultQuery("n", "1")\n'}, "fail"),
        ({"a.go": 'n, err := strconv.Atoi(c.Query("n"))\nif err != nil {\n\treturn c.String(400, "bad")\n}\n'}, "pass"),
        ({"a.go": 'n, err := strconv.Atoi(c.Query("n"))\nif err != nil {\n\tn = 10\n}\n'}, "fail"),
        ({"a.go": "c.ShouldBindQuery(&q)\n"}, "pass"),
        ({"A.java": "void a(@RequestParam int page) {}\n"}, "pass"),
        ({"a.rb": "x = params[:page]\n"}, "fail"),
        ({"A.php": "<?php $x = $request->query('q');"}, "fail"),
        ({"A.cs": "void A([FromQuery] int page) {}\n"}, "pass"),
        ({"a.rs": "async fn a(Query(q): Query<Q>) {}\n"}, "pass"),
        ({"a.rs": "async fn a(query: sqlx::Query<'q, Postgres, A>) {}\nasync fn b(query: Query<'q, Postgres, A>) {}\n"}, "not_applicable"),
        ({"a.ex": 'x = params["page"]\n'}, "fail"),
        ({"a.py": "x = 1\n"}, "not_applicable"),
    ],
)  # fmt: skip
def test_query_parameters_are_typed_where_they_are_read(files: dict[str, str], expected: str) -> None:
    assert verdict_of("validation.query-params", files, **SERVICE) == expected


DJANGO = {
    "requirements.txt": "django\n",
    "views.py": "def a(request):\n    return render(request, 'a.html')\n",
}


@pytest.mark.parametrize(
    ("files", "profile", "expected"),
    [
        ({**DJANGO, "a/templates/a.html": "<p>{{ post.title }}</p>\n"}, SERVICE, "pass"),
        ({"a.py": "jsonify(x)\n"}, SERVICE, "fail"),
        ({"a.py": "import bleach\njsonify(x)\n"}, SERVICE, "pass"),
        ({"a.py": "from html import escape\njsonify(x)\n"}, SERVICE, "fail"),
        ({"a.py": "jsonify(x)\n", "web/a.jsx": "import { useState } from 'react';\n"}, SERVICE, "pass"),
        ({"a.py": "jsonify(x)\n", "mail/a.jsx": "import React from 'react';\nimport x from '@react-email/html';\n"}, SERVICE, "fail"),
        ({"a.jsx": "import React from 'react';\n"}, {"kind": "frontend"}, "pass"),
        ({"a.jsx": "import React from 'react';\nimport { marked } from 'marked';\n"
          "<p dangerouslySetInnerHTML={{ __html: marked(x) }} />\n"}, {"kind": "frontend"}, "fail"),
        ({"a.jsx": "import React from 'react';\nimport DOMPurify from 'dompurify';\n"
          "<p dangerouslySetInnerHTML={{ __html: DOMPurify.sanitize(x.body) }} />\n"}, {"kind": "frontend"}, "pass"),
        ({"a.vue": '<template><p v-html="post.body" /></template>\n'}, {"kind": "frontend"}, "fail"),
        ({"a.vue": "<template><p>{{ post.body }}</p></template>\n"}, {"kind": "frontend"}, "pass"),
        ({"composer.json": '{"require": {"laravel/framework": "1"}}', "a.php": "<?php Route::get('/', 1);",
          "resources/views/a.blade.php": "<p>{{ $post->title }}</p>\n"}, SERVICE, "pass"),
        ({"composer.json": '{"require": {"laravel/framework": "1"}}', "a.php": "<?php Route::get('/', 1);",
          "resources/views/a.blade.php": "<p>Welcome</p>\n"}, SERVICE, "fail"),
        ({"a.py": "x = 1\n"}, {"kind": "library", "has_http_api": False}, "not_applicable"),
        ({"a.py": "jsonify(x)\n"}, {**SERVICE, "has_database": False}, "not_applicable"),
    ],
)  # fmt: skip
def test_html_with_user_text_is_escaped_or_cleaned(
    files: dict[str, str], profile: dict[str, object], expected: str
) -> None:
    assert verdict_of("validation.xss", files, **profile) == expected


PG = {"requirements.txt": "psycopg\nsqlalchemy\n"}
NODE = {"package.json": '{"dependencies": {"pg": "8"}}'}
GO = {"go.mod": "module a\nrequire github.com/lib/pq v1.0.0\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({**PG, "a.py": "session.execute(select(A).where(A.x == x))\n"}, "pass"),
        ({**PG, "a.py": 'cur.execute("SELECT a FROM b WHERE c = %s", [x])\n'}, "pass"),
        ({**PG, "a.py": "cur.execute(f\"SELECT a FROM b WHERE c = '{x}'\")\n"}, "fail"),
        ({**PG, "a.py": "cur.execute(\"SELECT a FROM b WHERE c = '\" + x + \"'\")\n"}, "fail"),
        ({**PG, "a.py": "cur.execute(\"SELECT a FROM b WHERE c = '%s'\" % x)\n"}, "fail"),
        ({**PG, "a.py": "cur.execute(f\"SELECT a FROM b WHERE c = {request.args['x']}\")\n"}, "fail"),
        ({**PG, "a.py": 'cur.execute(f"SELECT {column} FROM {table} ORDER BY {direction}")\ndb.session.get(A, 1)\n'}, "pass"),
        ({**PG, "a.py": "logger.info(f\"SELECT a FROM b WHERE c = '{x}'\")\ndb.session.get(A, 1)\n"}, "pass"),
        ({**PG, "scripts/a.py": "cur.execute(f\"SELECT a FROM b WHERE c = '{x}'\")\n", "b.py": "session.get(A, 1)\n"}, "pass"),
        ({**NODE, "a.js": "db.query('SELECT a FROM b WHERE c = $1', [x]);\n"}, "pass"),
        ({**NODE, "a.js": "db.query(`SELECT a FROM b WHERE c = '${req.body.x}'`);\n"}, "fail"),
        ({**NODE, "a.js": "db.query(sql`SELECT a FROM b WHERE c = ${x}`);\n"}, "pass"),
        ({**NODE, "a.js": "throw new Error(`No row where id = ${id}`);\ndb.query('SELECT a FROM b');\n"}, "pass"),
        ({**GO, "a.go": 'import "database/sql"\ndb.Query("SELECT a FROM b WHERE c = $1", x)\n'}, "pass"),
        ({**GO, "a.go": "db.Query(fmt.Sprintf(\"SELECT a FROM b WHERE c = '%s'\", x))\n"}, "fail"),
        ({"Gemfile": "gem 'rails'\n", "a.rb": "User.where(\"name = '#{params[:q]}'\")\n"}, "fail"),
        ({"Gemfile": "gem 'rails'\n", "a.rb": "from = PERIOD.days.ago\nUser.where(\"created_at > '#{from}'\")\n"}, "pass"),
        ({"Gemfile": "gem 'rails'\n", "a.rb": "User.where(name: params[:q])\n"}, "pass"),
        ({"a.php": "<?php $pdo = new PDO($d); $pdo->query(\"SELECT a FROM b WHERE c = \" . $_GET['x']);"}, "fail"),
        ({"package.json": '{"dependencies": {"mongoose": "8"}}', "a.js": "new Schema({});\n"}, "not_applicable"),
    ],
)  # fmt: skip
def test_values_are_bound_rather_than_written_into_sql(files: dict[str, str], expected: str) -> None:
    assert verdict_of("validation.sql-injection", files, **SERVICE) == expected


WORKFLOW = "on: [push]\njobs:\n  a:\n    runs-on: x\n    steps:\n      - {0}\n"
CI = ".github/workflows/a.yml"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({CI: WORKFLOW.format("uses: github/codeql-action/analyze@v3")}, "pass"),
        ({CI: WORKFLOW.format("run: bandit -r src")}, "pass"),
        ({CI: WORKFLOW.format("uses: github/codeql-action/upload-sarif@v3")}, "fail"),
        ({CI: WORKFLOW.format("run: pytest")}, "fail"),
        ({".pre-commit-config.yaml": "repos:\n- repo: x\n  hooks:\n    - id: bandit\n"}, "pass"),
        ({".golangci.yml": "linters:\n  enable:\n    - gosec\n", CI: WORKFLOW.format("uses: golangci/golangci-lint-action@v6")}, "pass"),
        ({".golangci.yml": "linters:\n  enable:\n    - gosec\n"}, "fail"),
        ({"pyproject.toml": '[tool.ruff.lint]\nselect = ["E", "S"]\n', CI: WORKFLOW.format("run: ruff check .")}, "pass"),
        ({"pyproject.toml": '[tool.ruff.lint]\nselect = ["E", "SIM"]\n', CI: WORKFLOW.format("run: ruff check .")}, "fail"),
        ({".eslintrc.js": "module.exports = { extends: ['plugin:security/recommended'] };\n",
          CI: WORKFLOW.format("run: npx eslint .")}, "pass"),
    ],
)  # fmt: skip
def test_an_injection_analyser_runs(files: dict[str, str], expected: str) -> None:
    assert verdict_of("validation.injection-audit", {**files, "a.py": "x = 1\n"}, kind="service") == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "async def a(file: UploadFile): ...\n"}, "fail"),
        ({"a.py": "async def a(file: UploadFile):\n    if file.content_type not in ALLOWED: ...\n"}, "pass"),
        ({"a.js": "const up = multer({ dest: 'x' });\n"}, "fail"),
        ({"a.js": "const up = multer({ limits: { fileSize: 9 } });\n"}, "pass"),
        ({"a.go": 'f, h, err := r.FormFile("a")\n'}, "fail"),
        ({"a.go": 'r.Body = http.MaxBytesReader(w, r.Body, 9)\nf, h, err := r.FormFile("a")\n'}, "pass"),
        ({"A.java": "void a(MultipartFile file) {}\n"}, "fail"),
        ({"A.java": "void a(MultipartFile file) {}\n",
          "src/main/resources/application.properties": "spring.servlet.multipart.max-file-size=9MB\n"}, "pass"),
        ({"a.rb": "has_one_attached :avatar\n"}, "fail"),
        ({"a.rb": "has_one_attached :avatar\nvalidates :avatar, content_type: ['image/png']\n"}, "pass"),
        ({"A.php": "<?php $f = $request->file('avatar'); $r = ['avatar' => 'mimes:png'];"}, "pass"),
        ({"A.cs": "void A(IFormFile file) { if (file.Length > 9) {} }\n"}, "pass"),
        ({"a.ex": "allow_upload(socket, :a, accept: ~w(.png), max_file_size: 9)\n"}, "pass"),
        ({"a.py": "x = 1\n"}, "not_applicable"),
    ],
)  # fmt: skip
def test_uploaded_files_are_checked(files: dict[str, str], expected: str) -> None:
    assert verdict_of("validation.file-upload", files, **SERVICE) == expected


@pytest.mark.parametrize("item", ["schemas", "field-rules", "query-params", "file-upload"])
def test_what_serves_no_http_takes_no_input(item: str) -> None:
    assert (
        verdict_of(f"validation.{item}", {"a.py": "x = 1\n"}, kind="library", has_http_api=False)
        == "not_applicable"
    )


@pytest.mark.parametrize("item", ["schemas", "field-rules"])
def test_languages_without_rules_are_unknown(item: str) -> None:
    assert verdict_of(f"validation.{item}", {"src/main.swift": "let a = 1\n" * 40}, **SERVICE) == "unknown"


@pytest.mark.parametrize("item", ["type-safety", "injection-audit"])
def test_infrastructure_has_nothing_to_type_or_analyse(item: str) -> None:
    assert verdict_of(f"validation.{item}", {"a.py": "x = 1\n"}, kind="infrastructure") == "not_applicable"
