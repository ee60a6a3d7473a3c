import pytest

from tests.scanners.rules.judging import verdict_of, verdict_on

SERVICE = {"kind": "service", "has_http_api": True, "has_users": True}
LOGIN = {"login.py": "user = jwt.decode(token, KEY)\n"}
NO_USERS = {"kind": "service", "has_http_api": True, "has_users": False}


@pytest.mark.parametrize(
    "item", ["authentication", "tokens", "rbac", "api-keys", "protected-endpoints", "oauth2"]
)
def test_nothing_is_asked_of_services_without_users_and_of_libraries(item: str) -> None:
    assert verdict_of(f"auth.{item}", LOGIN, **NO_USERS) == "not_applicable"
    assert verdict_of(f"auth.{item}", LOGIN, kind="library", has_users=False) == "not_applicable"


@pytest.mark.parametrize(
    "item", ["authentication", "tokens", "rbac", "api-keys", "protected-endpoints", "oauth2"]
)
def test_nothing_is_known_of_languages_without_rules(item: str) -> None:
    assert verdict_of(f"auth.{item}", {"a.swift": "let a = 1\nlet b = 2\n"}, **SERVICE) == "unknown"


@pytest.mark.parametrize("item", ["tokens", "rbac", "protected-endpoints"])
def test_what_builds_on_a_login_fails_without_one(item: str) -> None:
    files = {"a.py": "SESSION_COOKIE_AGE = 60\npermission_classes = [IsAdminUser]\n"}
    assert verdict_of(f"auth.{item}", files, **SERVICE) == "fail"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "scheme = OAuth2PasswordBearer(tokenUrl='token')\n"}, "pass"),
        ({"a.py": "MIDDLEWARE = ['django.contrib.auth.middleware.AuthenticationMiddleware']\n"}, "pass"),
        ({"a.py": "@login_required\ndef view(): ...\n"}, "pass"),
        ({"a.py": "r = requests.get(url, auth=HTTPBasic(a, b))\n"}, "fail"),
        ({"a.py": "# jwt.decode(token)\nx = 1\n"}, "fail"),
        ({"a.ts": "const claims = await jwt.verify(token, key);\n"}, "pass"),
        ({"a.ts": "export class S extends PassportStrategy(Strategy) {}\n"}, "pass"),
        ({"a.tsx": "import React from 'react'\nif (isAuthenticated()) {}\n"}, "fail"),
        ({"a.go": "claims, err := jwt.ParseWithClaims(raw, c, f)\n"}, "pass"),
        ({"a.go": "func AuthMiddleware() {}\n"}, "pass"),
        ({"A.java": "class A { SecurityFilterChain chain(HttpSecurity h) { } }\n"}, "pass"),
        ({"A.kt": "install(Authentication) { }\n"}, "pass"),
        ({"A.java": "class A { void owners() { } }\n"}, "fail"),
        ({"a.rb": "has_secure_password\n"}, "pass"),
        ({"a.php": "<?php if (Auth::attempt($c)) { }\n"}, "pass"),
        ({"config/packages/security.yaml": "security:\n    firewalls:\n        main: ~\n", "a.php": "<?php $a = 1;\n"}, "pass"),
        ({"A.cs": "services.AddAuthentication();\n"}, "pass"),
        ({"a.rs": "let data = decode::<Claims>(token, &key, &v)?;\n"}, "pass"),
        ({"a.rs": "use argon2::PasswordVerifier;\nfn main() {}\n"}, "fail"),
        ({"a.ex": "defmodule A do\n  Bcrypt.verify_pass(p, h)\nend\n"}, "pass"),
        ({"a.ex": "defmodule A do\n  def run, do: 1\nend\n"}, "fail"),
    ],
)  # fmt: skip
def test_callers_are_authenticated(files: dict[str, str], expected: str) -> None:
    assert verdict_of("auth.authentication", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "import jwt\njwt.decode(t)\npayload = {'exp': now}\n"}, "pass"),
        ({"a.py": "import jwt\njwt.decode(t)\npayload = {'sub': user}\n"}, "fail"),
        ({"a.py": "jwt.decode(t)\nINSTALLED_APPS = ['django.contrib.sessions']\n"}, "pass"),
        ({"a.ts": "jwt.verify(t); jwt.sign(p, key, { expiresIn: '1h' });\n"}, "pass"),
        ({"a.ts": "import session from 'express-session';\npassport.initialize();\napp.use(session({ cookie: { maxAge: 60 } }));\n"}, "pass"),
        ({"a.ts": "jwt.verify(t); jwt.sign(p, key);\n"}, "fail"),
        ({"a.go": "jwt.Parse(t, f)\nc := jwt.MapClaims{\"exp\": now}\n"}, "pass"),
        ({"A.java": "class A { void f() { Jwts.parser(); b.setExpiration(d); } }\n"}, "pass"),
        ({"A.java": "@EnableWebSecurity class A { }\n", "src/main/resources/application.yml": "app:\n  jwt:\n    expiration: 3600\n"}, "pass"),
        ({"a.rb": "JWT.decode(t)\npayload = { exp: 1.hour.from_now }\n"}, "pass"),
        ({"a.rb": "JWT.decode(t)\nRails.cache.fetch('token', expires_in: 60)\n"}, "fail"),
        ({"a.php": "<?php JWT::decode($t);\nreturn ['ttl' => env('JWT_TTL', 60)];\n"}, "pass"),
        ({"A.cs": "services.AddAuthentication().AddJwtBearer();\n"}, "pass"),
        ({"a.rs": "decode::<Claims>(t);\nstruct Claims { exp: usize }\n"}, "pass"),
        ({"a.rs": "validate_credentials(c);\n.wrap(SessionMiddleware::new(store, key))\n"}, "pass"),
        ({"a.ex": "Bcrypt.verify_pass(p, h)\nput_session(conn, :id, 1)\n"}, "pass"),
    ],
)  # fmt: skip
def test_tokens_and_sessions_expire(files: dict[str, str], expected: str) -> None:
    assert verdict_of("auth.tokens", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "@permission_required('a.change')\ndef f(r): ...\n"}, "pass"),
        ({"a.py": "if not user.is_superuser:\n    raise E\n"}, "pass"),
        ({"a.py": "is_superuser = models.BooleanField()\n"}, "fail"),
        ({"a.py": "permission_classes = [IsAuthenticated]\n"}, "fail"),
        ({"a.py": "messages = [m for m in chat if m.user.role == 'x']  # chat\n"}, "fail"),
        ({"a.ts": "@Roles(RoleEnum.admin)\nclass A {}\n"}, "pass"),
        ({"a.ts": "if (req.user.role !== 'admin') throw e;\n"}, "pass"),
        ({"a.ts": "if (message.role === 'assistant') x();\n"}, "fail"),
        ({"a.js": "app.get('/a', passport.authorize('git'));\n"}, "fail"),
        ({"a.tsx": "import { x } from 'react';\nif (user.role === 'admin') x();\n"}, "fail"),
        ({"a.go": "if user.Role != store.Admin { return }\n"}, "pass"),
        ({"a.go": "func CheckPermission(src string) bool { return os.IsPermission(err) }\n"}, "fail"),
        ({"A.java": "class A { @PreAuthorize(\"hasRole('ADMIN')\") void f() {} }\n"}, "pass"),
        ({"A.java": "class A { @PreAuthorize(\"isAuthenticated()\") void f() {} }\n"}, "fail"),
        ({"a.rb": "authorize! :update, @post\n"}, "pass"),
        ({"a.rb": "redirect_to root unless current_user.admin?\n"}, "pass"),
        ({"a.php": "<?php $this->authorize('update', $post);\n"}, "pass"),
        ({"a.php": "<?php Route::middleware('auth')->get('/a');\n"}, "fail"),
        ({"A.cs": "[Authorize(Roles = \"Admin\")] class A { }\n"}, "pass"),
        ({"A.cs": "[Authorize] class A { }\n"}, "fail"),
        ({"a.rs": "async fn f(_a: AdminToken) -> R {}\n"}, "pass"),
        ({"a.rs": "pub is_admin: bool,\n"}, "fail"),
        ({"a.ex": "if user.role == :admin, do: x\n"}, "pass"),
    ],
)  # fmt: skip
def test_access_depends_on_roles(files: dict[str, str], expected: str) -> None:
    assert verdict_of("auth.rbac", {**LOGIN, **files}, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "class ApiKey(models.Model):\n    pass\n"}, "pass"),
        ({"a.py": "INSTALLED_APPS = ['rest_framework.authtoken']\n"}, "pass"),
        ({"a.py": "api_key: SecretStr = Field(title='Key of the pager')\n"}, "fail"),
        ({"a.py": "token = create_access_token(data)\n"}, "fail"),
        ({"a.py": "class Settings(BaseSettings):\n    api_key = Column(1)\n"}, "fail"),
        ({"a.ts": "export class ApiKeyService { revoke() {} }\n"}, "pass"),
        ({"a.ts": "const client = new OpenAI({ apiKey: process.env.KEY });\n"}, "fail"),
        ({"a.go": "type APIKey struct { ID int }\n"}, "pass"),
        ({"A.java": "@Entity class ApiKey { }\n"}, "pass"),
        ({"a.rb": "class ApiToken < ApplicationRecord\nend\n"}, "pass"),
        ({"a.php": "<?php $user->createToken('cli');\n"}, "pass"),
        ({"A.cs": "class ApiKeyService { void Revoke() {} void CreateApiKey() {} }\n"}, "pass"),
        ({"a.rs": "#[derive(FromRow)] struct ApiKey { id: i32 }\n"}, "pass"),
        ({"a.ex": "schema \"api_keys\" do\nend\n"}, "pass"),
        ({"m/1.sql": "CREATE TABLE api_keys (id int);\n", "a.go": "package a\n"}, "pass"),
        ({"a.py": "x = 1\n"}, "fail"),
    ],
)  # fmt: skip
def test_programs_get_keys_of_their_own(files: dict[str, str], expected: str) -> None:
    assert verdict_of("auth.api-keys", files, **SERVICE) == expected


def test_keys_are_not_asked_of_services_without_http() -> None:
    assert (
        verdict_of("auth.api-keys", LOGIN, kind="service", has_http_api=False, has_users=True)
        == "not_applicable"
    )


OPEN_PYTHON = "".join(f"@router.post('/items/{n}')\ndef f{n}(item: Item): ...\n\n" for n in range(5))
OPEN_SCRIPT = "import express from 'express';\n" + "".join(
    f"router.post('/items/{n}', create{n});\n" for n in range(5)
)
OPEN_CONTROLLER = "@Controller('items')\nexport class Items {\n" + "".join(
    f"  @Post('{n}')\n  make{n}(@Body() dto: Dto) {{\n    return 1;\n  }}\n\n" for n in range(5)
)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "@router.post('/a')\ndef f(user: CurrentUser): ...\n"}, "pass"),
        ({"a.py": "@login_required\ndef f(r): ...\n"}, "pass"),
        ({"a.py": "REST_FRAMEWORK = {'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.IsAuthenticated']}\n"}, "pass"),
        ({"a.py": OPEN_PYTHON, "b.py": "@login_required\ndef f(r): ...\n"}, "fail"),
        ({"a.py": OPEN_PYTHON, "b.py": "app.include_router(items, dependencies=[Depends(current_user)])\n"}, "pass"),
        ({"a.py": "router = APIRouter(dependencies=[Depends(current_user)])\n" + OPEN_PYTHON}, "pass"),
        ({"a.py": OPEN_PYTHON.replace("item: Item", "item: Item, user=Depends(get_current_user)")}, "pass"),
        ({"a.py": "\n".join("    " + line for line in OPEN_PYTHON.split("\n")), "b.py": "Depends(get_current_user)\n"}, "pass"),
        ({"a.js": "router.put('/a', auth.required, update);\n"}, "pass"),
        ({"a.js": OPEN_SCRIPT, "b.js": "router.get('/me', requireAuth, me);\n"}, "fail"),
        ({"a.js": OPEN_SCRIPT, "b.js": "app.use(requireAuth);\n"}, "pass"),
        ({"frontend/a.js": OPEN_SCRIPT, "b.js": "router.get('/me', requireAuth, me);\n"}, "pass"),
        ({"a.js": OPEN_SCRIPT.replace("import express from 'express'", "// an expression"), "b.js": "x(requireAuth);\n"}, "pass"),
        ({"a.js": "const a = require('b');\napp.use(require('method-override')());\n"}, "fail"),
        ({"a.ts": "@UseGuards(AuthGuard('jwt'))\n" + OPEN_CONTROLLER}, "pass"),
        ({"a.ts": OPEN_CONTROLLER, "b.ts": "@UseGuards(AuthGuard('jwt'))\nclass B {}\n"}, "fail"),
        ({"a.ts": OPEN_CONTROLLER, "b.ts": "providers: [{ provide: APP_GUARD, useClass: JwtGuard }]\n"}, "pass"),
        ({"a.go": "api.Use(middleware.JWT())\n"}, "pass"),
        ({"a.go": "req.SetBasicAuth(u, p)\n"}, "fail"),
        ({"A.java": "class A { void f() { http.authorizeHttpRequests(a -> a.anyRequest().authenticated()); } }\n"}, "pass"),
        ({"A.java": "class A { void f() { http.authorizeHttpRequests(a -> a.anyRequest().permitAll()); } }\n"}, "fail"),
        ({"A.kt": "authenticate(\"jwt\") {\n}\n"}, "pass"),
        ({"a.rb": "before_action :authenticate_user!\n"}, "pass"),
        ({"a.php": "<?php Route::middleware(['auth:sanctum'])->group(fn () => 1);\n"}, "pass"),
        ({"a.php": "<?php $a = trans('auth.failed');\n"}, "fail"),
        ({"A.cs": "app.MapGroup(\"/a\").RequireAuthorization();\n"}, "pass"),
        ({"a.rs": "async fn f(user: AuthUser, s: State<S>) {}\n"}, "pass"),
        ({"a.ex": "pipe_through [:browser, :require_authenticated_user]\n"}, "pass"),
    ],
)  # fmt: skip
def test_endpoints_require_a_login(files: dict[str, str], expected: str) -> None:
    assert verdict_of("auth.protected-endpoints", {**LOGIN, **files}, **SERVICE) == expected


def test_open_routes_are_the_evidence() -> None:
    verdict = verdict_on("auth.protected-endpoints", {**LOGIN, "a.py": OPEN_PYTHON}, **SERVICE)
    assert [(e.path, e.line) for e in verdict.evidence][:2] == [("a.py", 1), ("a.py", 4)]
    assert "5 of 5 routes" in verdict.evidence[0].note


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "from authlib.integrations.starlette_client import OAuth\n"}, "pass"),
        ({"a.py": "scheme = OAuth2PasswordBearer(tokenUrl='token')\n"}, "fail"),
        ({"a.py": "from oauthlib.common import UNICODE\n"}, "fail"),
        ({"a.ts": "import { Strategy } from 'passport-google-oauth20';\n"}, "pass"),
        ({"a.go": 'import "golang.org/x/oauth2"\n'}, "pass"),
        ({"A.java": "class A { void f() { http.oauth2Login(); } }\n"}, "pass"),
        ({"A.java": "class A { void f() { http.oauth2ResourceServer(o -> o.jwt()); } }\n"}, "fail"),
        ({"Gemfile": "gem 'omniauth'\n", "a.rb": "x = 1\n"}, "pass"),
        ({"composer.json": '{"require": {"laravel/socialite": "^5"}}', "a.php": "<?php $a = 1;\n"}, "pass"),
        ({"A.cs": "services.AddAuthentication().AddGoogle(o => {});\n"}, "pass"),
        ({"a.rs": "let c = openidconnect::core::CoreClient::new();\n"}, "pass"),
        ({"a.rb": "url = 'https://github.com/login/oauth/authorize?id=1'\n"}, "pass"),
        ({"src/main/resources/application.yml": "quarkus:\n  oidc:\n    client-id: a\n", "A.java": "class A {}\n"}, "pass"),
    ],
)  # fmt: skip
def test_third_parties_log_in(files: dict[str, str], expected: str) -> None:
    assert verdict_of("auth.oauth2", files, **SERVICE) == expected
