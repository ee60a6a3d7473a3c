import time

import pytest

import scanners.redact
from assessments.tokens import FORM
from scanners.gate import clue_of
from scanners.redact import BLANK, find_credentials, find_secrets, is_placeholder, redact, redact_url

# Put together here so that no scanner takes this file itself for a leak.
TOKENS = {
    "aws-access-key": "AKIA" + "Q3EGRLXXYZABCDEF",
    "github-token": "ghp" + "_9fK2mQ7xWv3Lr8TzYb5Nc1Hd6Jg4Ps0Aa7Bc",
    "gitlab-token": "glpat" + "-x9Kq2LmZ7vRt4WbY8nPc",
    "slack-token": "xoxb" + "-2718281828-3141592653-AbCdEfGhIjKlMnOpQrStUv",
    "slack-webhook": "hooks.slack.com" + "/services/T02ABCDEF/B03GHIJKL/aZ9bY8cX7dW6eV5fU4gT3hS2",
    "stripe-key": "sk_live" + "_51HqLyjWDarjtT1zdp7dcAbCd",
    "google-api-key": "AIza" + "SyD4k9Xw2Lm7Qp3Rv8Tz5Yb1Nc6Hd0Jg2Ks",
    "npm-token": "npm" + "_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5",
    "pypi-token": "pypi" + "-AgEIcHlwaS5vcmcCJDU3NmY4ZjE0LTlkMzEtNDI1Ny1hYmJhLTk2",
    "sendgrid-key": "SG" + ".ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr",
    "twilio-key": "SK" + "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "digitalocean-token": "dop_v1_" + "3f9a1c7e5b2d8064" * 4,
    "plumbline-token": "plb" + "_9c1f7a3e5b2d_" + "8d2f6b0a4c9e1375" * 4,
    "telegram-token": "271828182" + ":AAF9xK2mQ7xWv3Lr8TzYb5Nc1Hd6Jg4Ps0A",
    "azure-key": "AccountKey=" + "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3A=",
    "jwt": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiI0MiJ9.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk",
}


@pytest.mark.parametrize("kind", TOKENS)
def test_tokens_of_providers_are_found_and_blanked_wherever_they_stand(kind):
    token = TOKENS[kind]
    value = token.partition("=")[2] or token
    for text in (token, f"x({token})", f"see {token}, then", f'a = "{token}"', f"# {token}"):
        assert kind in {hit.kind for hit in find_secrets(text)}
        assert value not in redact(text)
        assert value[:-4] not in redact(text)


@pytest.mark.parametrize("by_literals", [False, True])
def test_credentials_are_the_strong_ones_of_all_secrets(by_literals, monkeypatch):
    monkeypatch.setattr(scanners.redact, "_gate", None)
    monkeypatch.setattr(scanners.redact, "_sure_gate", None)
    if by_literals:
        scanners.redact.use_literals({hint: clue_of(hint) for hint in scanners.redact.HINTS})
    lines = [f"{name} = '{token}' # example {token}" for name, token in TOKENS.items()]
    lines += ["password = 'k3#fP9!xq2Lm'", "-----BEGIN PRIVATE KEY-----", "AKIA" + "EXAMPLEEXAMPLE12"]
    for text in ("\n".join(lines), *lines):
        strong = [hit for hit in find_secrets(text) if hit.strength == "strong"]
        assert find_credentials(text) == strong
    assert len(find_credentials("\n".join(lines))) > 10


@pytest.mark.parametrize(
    "text",
    [
        "plb_9c1f7a3e5b2d",
        "plb_9c1f7a3e5b2d_[redacted]",
        "plb_9c1f7a3e5b2d_" + "8d2f6b0a" * 7,
        "plb_9C1F7A3E5B2D_" + "8D2F6B0A4C9E1375" * 4,
        "plb_000000000000_" + "x" * 64,
    ],
)
def test_what_only_names_a_token_of_plumbline_is_no_credential(text):
    assert "plumbline-token" not in {hit.kind for hit in find_secrets(text)}


def test_the_form_of_plumblines_tokens_is_that_of_the_tokens_it_makes():
    assert FORM.fullmatch(TOKENS["plumbline-token"])
    assert find_credentials(f"PLUMBLINE={TOKENS['plumbline-token']}")[0].kind == "plumbline-token"


@pytest.mark.parametrize("kind", [k for k in TOKENS if k not in ("google-api-key", "jwt")])
def test_a_token_with_a_provider_form_is_strong(kind):
    assert "strong" in {hit.strength for hit in find_secrets(TOKENS[kind]) if hit.kind == kind}


def test_a_private_key_is_blanked_whole_and_its_first_line_alone_too():
    body = "\n".join(["MIIEowIBAAKCAQEAx9Kq2LmZ7vRt4WbY8nPcAAAAAAAAAAAAAAAAAAAAAAAA"] * 5)
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    assert redact(f"before\n{key}\nafter") == f"before\n{BLANK}\nafter"
    (hit,) = [h for h in find_secrets(f"before\n{key}") if h.kind == "private-key"]
    assert (hit.line, hit.strength) == (2, "strong")
    assert find_secrets("-----BEGIN PRIVATE KEY-----")[0].strength == "weak"
    assert redact("-----BEGIN PUBLIC KEY-----") == "-----BEGIN PUBLIC KEY-----"


@pytest.mark.parametrize(
    "line",
    [
        'password = "C4nary!x"',
        "password='C4nary!x'",
        'PASSWORD: "C4nary!x"',
        "DB_PASSWORD=C4nary!x",
        "export API_TOKEN=C4nary!x",
        "ENV SECRET_KEY=C4nary!x",
        "ENV SECRET_KEY C4nary!x1",
        "  password: C4nary!x",
        "- MYSQL_ROOT_PASSWORD=C4nary!x",
        "spring.datasource.password = C4nary!x",
        '"client_secret" : "C4nary!x",',
        "'secret' => 'C4nary!x',",
        'const apiKey: string = "C4nary!x";',
        'String password = "C4nary!x";',
        'password := "C4nary!x"',
        "secret := `C4nary!x`",
        '@signing_key "C4nary!x1"',
        'config["SECRET_KEY"] = "C4nary!x"',
        'config[:secret_key] = "C4nary!x"',
        "if password == 'C4nary!x':",
        'SECRET_KEY = os.getenv("SECRET_KEY", "C4nary!x")',
        'secret = env("JWT_SECRET", default="C4nary!x")',
        "secret: process.env.JWT_SECRET || 'C4nary!x',",
        'key = ENV["SECRET_KEY"] || "C4nary!x"',
        'ENV.fetch("SECRET_KEY", "C4nary!x")',
        "${DB_PASSWORD:-C4nary!x}",
        "jwt.secret=${JWT_SECRET:C4nary!x}",
        "postgres://app:C4nary!x@db:5432/app",
        "redis://:C4nary!x@cache/0",
        "amqp://guest:C4nary!x@mq",
        "git clone https://C4naryC4nary@example.org/a/b",
        "Server=db;User Id=sa;Password=C4nary!x;Encrypt=true",
        '<add key="ApiKey" value="C4nary!x" />',
        "<password>C4nary!x</password>",
        "Authorization: Bearer C4naryC4nary1234",
        'headers = {"Authorization": "Basic C4naryC4nary1234"}',
        "curl -u admin:C4nary!x https://example.org",
        "deploy --password C4nary!x",
        "deploy --api-key=C4nary!x",
        "ALTER USER app WITH PASSWORD 'C4nary!x'",
        '.setPassword("C4nary!x")',
        "//registry.example.org/:_authToken=C4naryC4nary",
        "- name: DB_PASSWORD\n  value: C4nary!x",
    ],
)
def test_literal_values_beside_the_name_of_a_secret_are_blanked(line):
    assert "C4nary" not in redact(line)
    assert BLANK in redact(line)


@pytest.mark.parametrize(
    "line",
    [
        "password: str",
        "password: string;",
        'password string `json:"password"`',
        "const password = user.password;",
        "self.password = password",
        "login(password=password, user=user)",
        "token = create_access_token(user, expires_in=3600)",
        'token = jwt.encode({"exp": exp}, settings.SECRET_KEY, algorithm="HS256")',
        'SECRET_KEY = os.environ["SECRET_KEY"]',
        "secret: process.env.JWT_SECRET,",
        "api_key: ${{ secrets.API_KEY }}",
        'password = "${DB_PASSWORD}"',
        "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD?Variable not set}",
        "password: {{ vault_password }}",
        "public string Password { get; set; }",
        'oauth2_scheme = OAuth2PasswordBearer(tokenUrl="/api/v1/token")',
        'token_type="bearer"',
        "const { token, secret } = req.body",
        "accessToken: generateToken(user, 15)",
        'PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]',
        "password_hash = bcrypt.hashpw(raw, bcrypt.gensalt())",
        "ACCESS_TOKEN_EXPIRE_MINUTES = 30",
        "- uses: actions/checkout@8f4b7f84864484a7bf31766abe9204da3cbe65b3",
        "image: postgres@sha256:" + "ab12" * 16,
        "see https://example.org/docs/tokens",
        "git@github.com:owner/name.git",
        "def reset_password(token: str | None = None):",
        'connect(f"db://{username}:{password}@{host}:{port}/{name}")',
    ],
)
def test_code_that_only_speaks_about_secrets_stays_readable(line):
    assert redact(line) == line


@pytest.mark.parametrize(
    "line",
    [
        'password = "changeme"',
        'SECRET_KEY = "your-secret-key"',
        'api_key = "xxxxxxxxxxxxxxxx"',
        'token = "<insert token here>"',
        'password = "password"',
        'password: "test1234"',
        'POSTGRES_PASSWORD: "postgres"',
        "AWS_KEY=AKIA" + "IOSFODNN7EXAMPLE",
        "stripe = sk_test" + "_51HqLyjWDarjtT1zdp7dc",
        'key = os.getenv("SECRET_KEY", "insecure-development-only")',
        'NAMES = ("OAUTH_PASSWORD", "OAUTH_CLIENT_SECRET")',
        'pattern = env("PASSWORD_RESET_PATTERN", "10/hour")',
        'label={showPassword ? "Hide password" : "Show password"}',
        'password_error = "The password is wrong"',
    ],
)
def test_placeholders_are_never_more_than_weak(line):
    assert {hit.strength for hit in find_secrets(line)} <= {"weak"}


@pytest.mark.parametrize(
    "line",
    [
        'password = "Tr0ub4dor&3zx"',
        "JWT_SECRET=9fK2mQ7xWv3Lr8Tz",
        'k = os.getenv("APP_SECRET", "9fK2mQ7xWv")',
    ],
)
def test_live_looking_literals_are_more_than_weak(line):
    assert {hit.strength for hit in find_secrets(line)} & {"moderate", "strong"}


def test_offsets_count_characters_and_lines():
    text = 'é = "ü"\n\npassword = "9fK2mQ7xWv"\n'
    (hit,) = [h for h in find_secrets(text) if h.kind == "assignment"]
    assert (hit.line, text[hit.start : hit.end]) == (3, "9fK2mQ7xWv")


def test_blanking_twice_changes_nothing_more():
    once = redact('password = "9fK2mQ7xWv" postgres://a:b9x8@h/d')
    assert redact(once) == once


def test_templates_and_common_words_are_placeholders():
    assert all(
        is_placeholder(v)
        for v in ("${X}", "<token>", "{{ x }}", "changeme", "*****", "your-api-key", "secret")
    )
    assert not any(is_placeholder(v) for v in ("9fK2mQ7xWv", "Tr0ub4dor&3zx"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://a:b@h.org/x", "https://[redacted]@h.org/x"),
        ("at https://tok@h/ and ssh://git@h/x", "at https://[redacted]@h/ and ssh://[redacted]@h/x"),
        ("https://a:p@ss@h.org/x", "https://[redacted]@h.org/x"),
        ("https://h.org/x@y", "https://h.org/x@y"),
    ],
)
def test_addresses_lose_their_user_part(text, shown):
    assert redact_url(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "password=" * 60_000,
        "a" * 500_000,
        "eyJ" * 150_000,
        '"token": "' * 40_000,
        "-----BEGIN PRIVATE KEY-----" * 15_000,
        "://" * 150_000,
        " " * 500_000,
    ],
    ids=["names", "letters", "jwt", "quotes", "keys", "addresses", "blanks"],
)
def test_hostile_text_takes_linear_time(text):
    begun = time.process_time()
    redact(text)
    assert time.process_time() - begun < 4
