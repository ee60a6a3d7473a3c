import pytest

from tests.scanners.rules.judging import verdict_of

SERVICE = {"kind": "service", "has_http_api": True, "has_database": True, "has_users": True}
LIBRARY = {"kind": "library", "has_http_api": False, "has_database": False, "has_users": False}
STRANGE = {"a.cpp": "int main() {\n  return 0;\n}\n"}


def _pom(group: str, artifact: str) -> str:
    return f"<project><dependencies><dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId></dependency></dependencies></project>"


PYJWT = "import jwt\ndef user(token):\n    return jwt.decode(token, KEY, algorithms=['HS256'])\n"
SIGNED = (
    PYJWT
    + "def issue(user):\n    return jwt.encode({'sub': user.id, 'exp': now() + timedelta(hours=1)}, KEY)\n"
)
NODEJWT = "const jwt = require('jsonwebtoken');\nconst user = jwt.verify(token, process.env.KEY);\n"
LOGIN = "from flask_login import login_user\nif user.check_password(p):\n    login_user(user)\n"
SPRING = "class A {\n  SecurityFilterChain chain(HttpSecurity http) {\n    return http.authorizeHttpRequests(a -> a.anyRequest().authenticated()).build();\n  }\n}\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": PYJWT}, "pass"),
        ({"a.py": "# " + PYJWT.replace("\n", "\n# ")}, "fail"),
        ({"tests/test_a.py": PYJWT}, "fail"),
        ({"examples/a.py": PYJWT}, "fail"),
        ({"requirements.txt": "pyjwt==2.0\n", "a.py": "a = 1\n"}, "fail"),
        ({"a.py": "from flask_login import login_required\n"}, "fail"),
        ({"a.py": "from jose import jwt\n"}, "fail"),
        ({"a.ts": "import { JwtModule } from '@nestjs/jwt';\n"}, "fail"),
        ({"a.go": 'package a\nimport "github.com/golang-jwt/jwt/v5"\n'}, "fail"),
        ({"Gemfile": "gem 'devise'\n", "a.rb": "a = 1\n"}, "fail"),
        ({"a.rs": "use jsonwebtoken::{decode, DecodingKey};\n"}, "fail"),
        ({"pom.xml": _pom("org.springframework.boot", "spring-boot-starter-security"), "A.java": "class A {}\n"}, "pass"),
        ({"a.py": LOGIN}, "pass"),
        ({"a.py": "r = requests.get(url, auth=HTTPBasicAuth(a, b))\n"}, "fail"),
        ({"settings.py": "MIDDLEWARE = [\n    'django.contrib.auth.middleware.AuthenticationMiddleware',\n]\n"}, "pass"),
        ({"settings.py": "REST_FRAMEWORK = {'DEFAULT_AUTHENTICATION_CLASSES': ['rest_framework.authentication.TokenAuthentication']}\n"}, "pass"),
        ({"a.js": NODEJWT}, "pass"),
        ({"a.js": "const jwt = require('jsonwebtoken');\n"}, "fail"),
        ({"a.js": "// " + NODEJWT.replace("\n", "\n// ")}, "fail"),
        ({"a.ts": "@UseGuards(AuthGuard('jwt'))\nclass A {}\n"}, "pass"),
        ({"a.tsx": "import React from 'react';\nconst { user } = useAuth();\nif (isAuthenticated()) go();\n"}, "fail"),
        ({"a.go": "package a\nfunc a() { t, err := jwt.Parse(s, f) }\n"}, "pass"),
        ({"a.go": "package a\nfunc a() { err := bcrypt.CompareHashAndPassword(a, b) }\n"}, "pass"),
        ({"A.java": SPRING}, "pass"),
        ({"A.java": "import org.springframework.security.web.SecurityFilterChain;\nclass A {}\n"}, "fail"),
        ({"a.kt": "install(Authentication) {\n  jwt(\"a\") {}\n}\n"}, "pass"),
        ({"app/models/user.rb": "class User < ApplicationRecord\n  has_secure_password\nend\n"}, "pass"),
        ({"app/models/user.rb": "class User < ApplicationRecord\n  # has_secure_password\nend\n"}, "fail"),
        ({"routes/api.php": "<?php Route::middleware('auth:sanctum')->get('/a', A::class);"}, "pass"),
        ({"config/packages/security.yaml": "security:\n  firewalls:\n    main:\n      lazy: true\n", "A.php": "<?php class A {}"}, "pass"),
        ({"A.cs": "builder.Services.AddAuthentication().AddJwtBearer();\n"}, "pass"),
        ({"A.cs": "// builder.Services.AddAuthentication().AddJwtBearer();\n"}, "fail"),
        ({"a.rs": "let data = decode::<Claims>(&token, &DecodingKey::from_secret(k), &v)?;\n"}, "pass"),
        ({"lib/a.ex": "plug Guardian.Plug.VerifyHeader\n"}, "pass"),
        # a header that a proxy sets and that the code verifies
        ({"settings.py": "MIDDLEWARE = ['django.contrib.auth.middleware.RemoteUserMiddleware']\n"}, "pass"),
        ({}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_callers_are_authenticated(files: dict[str, str], expected: str) -> None:
    assert verdict_of("auth.authentication", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": SIGNED}, "pass"),
        ({"a.py": PYJWT + "def issue(user):\n    return jwt.encode({'sub': user.id}, KEY)\n"}, "fail"),
        ({"a.py": PYJWT + "# 'exp': now() + timedelta(hours=1)\n"}, "fail"),
        ({"a.py": PYJWT, "tests/test_a.py": SIGNED}, "fail"),
        ({"a.py": LOGIN}, "pass"),
        ({"settings.py": "MIDDLEWARE = [\n    'django.contrib.auth.middleware.AuthenticationMiddleware',\n]\nINSTALLED_APPS = ['django.contrib.sessions']\n"}, "pass"),
        ({"a.js": NODEJWT + "jwt.sign({ id }, process.env.KEY, { expiresIn: '1h' });\n"}, "pass"),
        ({"a.js": NODEJWT + "jwt.sign({ id }, process.env.KEY);\n"}, "fail"),
        ({"a.js": "app.use(session({ secret: process.env.S, cookie: { maxAge: 60 } }));\npassport.authenticate('local');\n"}, "pass"),
        ({"a.go": 'package a\nfunc a() {\n\tjwt.Parse(s, f)\n\tc := jwt.MapClaims{"exp": time.Now().Add(time.Hour).Unix()}\n}\n'}, "pass"),
        ({"a.go": 'package a\nfunc a() {\n\tjwt.Parse(s, f)\n\tc := jwt.MapClaims{"sub": id}\n}\n'}, "fail"),
        ({"A.java": SPRING + "String t = Jwts.builder().setSubject(s).setExpiration(d).compact(); // JWT\n"}, "pass"),
        ({"A.java": SPRING + "String t = Jwts.builder().setSubject(s).compact();\n"}, "fail"),
        ({"pom.xml": _pom("org.springframework.boot", "spring-boot-starter-oauth2-resource-server"), "A.java": SPRING}, "pass"),
        ({"a.rb": "payload = JWT.decode(token, key)\ntoken = JWT.encode({ id: 1, exp: 1.hour.from_now.to_i }, key)\n"}, "pass"),
        ({"a.rb": "payload = JWT.decode(token, key)\ntoken = JWT.encode({ id: 1 }, key)\n"}, "fail"),
        ({"a.rb": "user = User.authenticate_by(params)\nsession[:user_id] = user.id\n"}, "pass"),
        ({"config/jwt.php": "<?php return ['ttl' => env('JWT_TTL', 60)];", "A.php": "<?php JWTAuth::attempt($c);"}, "pass"),
        ({"A.cs": "services.AddAuthentication();\nvar t = new JwtSecurityToken(expires: DateTime.UtcNow.AddHours(1));\n"}, "pass"),
        ({"A.cs": "services.AddAuthentication();\nvar t = new JwtSecurityToken(claims: c);\n"}, "fail"),
        ({"a.rs": "let c = Claims { sub, exp: 1 };\nlet d = decode::<Claims>(&t, &DecodingKey::from_secret(k), &v)?;\n"}, "pass"),
        ({"lib/a.ex": "use Guardian, otp_app: :a\nplug Guardian.Plug.VerifyHeader\n"}, "pass"),
        ({"a.py": "import jwt\njwt.decode(t, k, leeway=timedelta(seconds=10))\njwt.encode({'sub': 1}, k)\n"}, "fail"),
        ({"a.rs": "let c = Claims { sub };\nlet d = decode::<Claims>(&t, &DecodingKey::from_secret(k), &v)?;\nsleep(Duration::seconds(1));\n"}, "fail"),
        ({"config/sanctum.php": "<?php return ['expiration' => null];", "A.php": "<?php Route::middleware('auth:sanctum'); $t = $user->createToken('a');"}, "fail"),
        ({"config/sanctum.php": "<?php return ['expiration' => 60];", "A.php": "<?php Route::middleware('auth:sanctum'); $t = $user->createToken('a');"}, "pass"),
        ({"A.php": "<?php Route::middleware('auth:sanctum'); $t = $user->createToken('a', ['*'], now()->addWeek());"}, "pass"),
        # an expiry without any authentication is none of a token
        ({"a.py": "cache.set('a', b, timedelta(hours=1))\n"}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_tokens_and_sessions_expire(files: dict[str, str], expected: str) -> None:
    assert verdict_of("auth.tokens", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": PYJWT + "if not current_user.is_superuser:\n    raise Forbidden\n"}, "pass"),
        ({"a.py": PYJWT + "if post.author_id != current_user.id:\n    raise Forbidden\n"}, "fail"),
        ({"a.py": PYJWT + "# if not current_user.is_superuser:\n"}, "fail"),
        ({"a.py": PYJWT + "class User(Base):\n    role = db.Column(db.String)\n    is_superuser = db.Column(db.Boolean)\n"}, "fail"),
        ({"a.py": PYJWT + "@permission_required('a.b')\ndef a(request): ...\n"}, "pass"),
        ({"a.py": PYJWT + "if message.role == 'user':\n    ...\n"}, "fail"),
        ({"a.py": PYJWT, "tests/test_a.py": "if not user.is_superuser:\n    raise A\n"}, "fail"),
        # an admin panel alone checks nothing in code
        ({"a.py": PYJWT, "admin.py": "from django.contrib import admin\nadmin.site.register(A)\n"}, "fail"),
        ({"a.py": PYJWT, "managers.py": "class M(BaseUserManager):\n    def create_superuser(self):\n        user.is_superuser = True\n"}, "fail"),
        ({"a.js": NODEJWT + "if (user.role !== 'admin') return res.sendStatus(403);\n"}, "pass"),
        ({"a.js": NODEJWT + "router.delete('/a', authorize('admin'), remove);\n"}, "pass"),
        ({"a.js": NODEJWT + "if (article.authorId !== user.id) return res.sendStatus(403);\n"}, "fail"),
        ({"a.ts": "@UseGuards(AuthGuard('jwt'), RolesGuard)\n@Roles(Role.Admin)\nclass A {}\n"}, "pass"),
        ({"a.go": "package a\nfunc a() {\n\tjwt.Parse(s, f)\n\tif !user.IsAdmin {\n\t\treturn\n\t}\n}\n"}, "pass"),
        ({"a.go": "package a\nfunc a() {\n\tjwt.Parse(s, f)\n\tif user.ID != post.UserID {\n\t\treturn\n\t}\n}\n"}, "fail"),
        ({"A.java": SPRING + "@PreAuthorize(\"hasRole('ADMIN')\")\nclass B {}\n"}, "pass"),
        ({"A.java": SPRING}, "fail"),
        ({"a.rb": "before_action :authenticate_user!\nauthorize @post\nJWT.decode(t, k)\n"}, "pass"),
        ({"a.rb": "before_action :authenticate_user!\nJWT.decode(t, k)\n"}, "fail"),
        ({"A.php": "<?php Auth::attempt($c); $this->authorize('update', $post);"}, "pass"),
        ({"A.php": "<?php Auth::attempt($c);"}, "fail"),
        ({"A.cs": 'services.AddAuthentication();\n[Authorize(Roles = "Admin")]\nclass A {}\n'}, "pass"),
        ({"A.cs": "services.AddAuthentication();\n[Authorize]\nclass A {}\n"}, "fail"),
        ({"a.rs": "let d = decode::<Claims>(&t, &k, &v)?;\nif user.role != Role::Admin { return Err(e); }\n"}, "pass"),
        ({"lib/a.ex": "plug Guardian.Plug.VerifyHeader\nBodyguard.permit(A, :update, user, post)\n"}, "pass"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_access_depends_on_roles(files: dict[str, str], expected: str) -> None:
    assert verdict_of("auth.rbac", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"settings.py": "INSTALLED_APPS = ['rest_framework.authtoken']\n"}, "pass"),
        ({"settings.py": "INSTALLED_APPS = [\n    # 'rest_framework.authtoken',\n]\n"}, "fail"),
        ({"a.py": "class ApiKey(Base):\n    key = Column(String)\n"}, "pass"),
        ({"a.py": "class Settings(BaseSettings):\n    api_key: str = Field(...)\n"}, "fail"),
        ({"a.py": "if request.headers['X-API-Key'] != settings.API_KEY:\n    raise Forbidden\n"}, "fail"),
        ({"a.py": "token = create_access_token(user)\n"}, "fail"),
        ({"a.ts": "export class ApiKeyService {\n  async revoke(id) {}\n}\n"}, "pass"),
        ({"a.ts": "const openai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY });\n"}, "fail"),
        ({"a.go": "package a\ntype APIKey struct {\n\tID int\n}\n"}, "pass"),
        ({"A.java": "@Entity\nclass ApiKey {}\n"}, "pass"),
        ({"A.java": 'class A { String apiKey = "a"; }\n'}, "fail"),
        ({"app/models/api_key.rb": "class ApiKey < ApplicationRecord\n  has_secure_token :api_token\nend\n"}, "pass"),
        ({"app/models/user.rb": "class User < ApplicationRecord\n  has_secure_token :reset_password_token\nend\n"}, "fail"),
        ({"A.php": "<?php $token = $user->createToken('a')->plainTextToken;"}, "pass"),
        ({"A.cs": "public class ApiKey { }\nvoid RevokeApiKey() {}\n"}, "pass"),
        ({"a.rs": "#[derive(FromRow)]\nstruct ApiToken { id: i32 }\n"}, "pass"),
        ({"settings.py": "INSTALLED_APPS = [\n    'oauth2_provider',\n]\n"}, "pass"),
        ({"a.py": "from app import plugins\nconfigured = [plugins.oauth2_provider]\n"}, "fail"),
        ({"lib/a.ex": 'schema "api_keys" do\n  field :key, :string\nend\n'}, "pass"),
        ({"migrations/1.sql": "CREATE TABLE api_keys (id int);\n", "a.py": "a = 1\n"}, "pass"),
        ({"prisma/schema.prisma": "model ApiKey {\n  id Int @id\n}\n", "a.ts": "const a = 1;\n"}, "pass"),
        ({"tests/a.py": "class ApiKey(Base):\n    key = Column(String)\n"}, "fail"),
        ({}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_programs_get_keys_of_their_own(files: dict[str, str], expected: str) -> None:
    assert verdict_of("auth.api-keys", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": PYJWT + "@router.post('/a')\nasync def a(user: CurrentUser): ...\n"}, "pass"),
        ({"a.py": PYJWT + "@router.post('/a')\nasync def a(user=Depends(get_current_user)): ...\n"}, "pass"),
        ({"a.py": PYJWT + "@router.post('/a')\nasync def a(b: B): ...\n"}, "fail"),
        ({"a.py": PYJWT + "@router.post('/a')\nasync def a(b: B): ...\n# async def a(user: CurrentUser): ...\n"}, "fail"),
        # the helper of the password flow guards nothing where no route depends on it
        ({"a.py": "from fastapi.security import OAuth2PasswordBearer\noauth2 = OAuth2PasswordBearer(tokenUrl='t')\n@router.post('/a')\nasync def a(b: B): ...\n"}, "fail"),
        ({"a.py": LOGIN + "@app.route('/a', methods=['POST'])\n@login_required\ndef a(): ...\n"}, "pass"),
        ({"a.py": PYJWT + "class A(APIView):\n    permission_classes = [IsAuthenticated]\n"}, "pass"),
        ({"a.py": PYJWT + "class A(APIView):\n    permission_classes = [AllowAny]\n"}, "fail"),
        ({"settings.py": "REST_FRAMEWORK = {\n    'DEFAULT_AUTHENTICATION_CLASSES': ['a.TokenAuthentication'],\n    'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.IsAuthenticated'],\n}\n"}, "pass"),
        ({"a.js": NODEJWT + "router.post('/a', requireAuth, create);\n"}, "pass"),
        ({"a.js": NODEJWT + "router.post('/a', create);\n"}, "fail"),
        ({"a.js": NODEJWT + "// router.post('/a', requireAuth, create);\nrouter.post('/a', create);\n"}, "fail"),
        ({"a.js": "const express = require('express');\n" + NODEJWT + "".join(f"router.post('/{n}', create);\n" for n in "abcdef") + "router.put('/g', requireAuth, change);\n"}, "fail"),
        ({"a.js": "const express = require('express');\n" + NODEJWT + "router.use(requireAuth);\n" + "".join(f"router.post('/{n}', create);\n" for n in "abcdef")}, "pass"),
        ({"a.ts": "@Controller('a')\n@UseGuards(AuthGuard('jwt'))\nclass A {\n  @Post()\n  a() {}\n}\n"}, "pass"),
        ({"a.go": 'package a\nfunc a() {\n\tjwt.Parse(s, f)\n\tr.Use(AuthMiddleware())\n\tr.POST("/a", b)\n}\n'}, "pass"),
        ({"a.go": 'package a\nfunc a() {\n\tjwt.Parse(s, f)\n\tr.POST("/a", b)\n}\n'}, "fail"),
        ({"A.java": SPRING}, "pass"),
        ({"A.java": SPRING.replace("authenticated()", "permitAll()")}, "fail"),
        ({"a.rb": "class A < ApplicationController\n  before_action :authenticate_user!\n  JWT.decode(t, k)\nend\n"}, "pass"),
        ({"routes/api.php": "<?php Route::middleware('auth:sanctum')->post('/a', A::class);"}, "pass"),
        ({"A.cs": "services.AddAuthentication();\n[Authorize]\nclass A : ControllerBase {}\n"}, "pass"),
        ({"A.cs": "services.AddAuthentication();\nclass A : ControllerBase {\n  [HttpPost]\n  public void B() {}\n}\n"}, "fail"),
        ({"a.rs": "let d = decode::<Claims>(&t, &k, &v)?;\nasync fn a(user: AuthUser, Json(b): Json<B>) {}\n"}, "pass"),
        ({"a.rs": "let d = DecodingKey::from_secret(s);\nfn a(slug: String, auth: Auth, db: Db) {}\n"}, "pass"),
        ({"a.rs": "let d = DecodingKey::from_secret(s);\nfn a(_token: AdminToken) {}\n"}, "pass"),
        ({"a.go": 'var t, _ = jwt.Parse(s, f)\nfunc a() {\n\troute.Post("/book", middleware.JWTProtected(), controllers.CreateBook)\n}\n'}, "pass"),
        ({"a.go": 'var t, _ = jwt.Parse(s, f)\nfunc a() {\n\troute.Post("/book", middleware.Timed(), controllers.CreateBook)\n}\n'}, "fail"),
        ({"a.rs": "let d = DecodingKey::from_secret(s);\nlet r = routes(mm).route_layer(middleware::from_fn(mw_ctx_require));\n"}, "pass"),
        ({"a.rs": "let d = DecodingKey::from_secret(s);\nlet r = routes(mm).layer(middleware::from_fn(mw_stamp));\n"}, "fail"),
        ({"a.rs": "let d = DecodingKey::from_secret(s);\nfn a(author: Author, db: Db) {}\n"}, "fail"),
        ({"A.kt": "val t = JWT.require(a).build()\nconfig.accessManager { handler, ctx, roles -> handler.handle(ctx) }\n"}, "pass"),
        ({"A.php": "<?php\n$t = JWT::decode($token);\n/**\n * @Security(\"is_granted('ROLE_USER')\")\n */\nclass A {}"}, "pass"),
        ({"A.php": "<?php\n$t = JWT::decode($token);\n/**\n * see security: 'is_granted' for more\n */\nclass A {}"}, "fail"),
        ({"lib/a/router.ex": "plug Guardian.Plug.VerifyHeader\nplug Guardian.Plug.EnsureAuthenticated\n"}, "pass"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_most_endpoints_require_authentication(files: dict[str, str], expected: str) -> None:
    assert verdict_of("auth.protected-endpoints", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "from authlib.integrations.starlette_client import OAuth\noauth = OAuth()\n"}, "pass"),
        ({"a.py": "from fastapi.security import OAuth2PasswordBearer\noauth2 = OAuth2PasswordBearer(tokenUrl='/oauth2/token')\n"}, "fail"),
        ({"a.py": "from fastapi.security import OAuth2PasswordRequestForm\n"}, "fail"),
        ({"a.py": "# from authlib.integrations.starlette_client import OAuth\n"}, "fail"),
        ({"requirements.txt": "authlib==1.0\n", "a.py": "a = 1\n"}, "fail"),
        ({"tests/test_a.py": "from authlib.integrations.starlette_client import OAuth\n"}, "fail"),
        ({"settings.py": "INSTALLED_APPS = [\n    'allauth.socialaccount.providers.google',\n]\n"}, "pass"),
        ({"a.js": "const G = require('passport-google-oauth20').Strategy;\n"}, "pass"),
        ({"a.js": "const L = require('passport-local').Strategy;\n"}, "fail"),
        ({"a.go": 'package a\nimport "golang.org/x/oauth2"\n'}, "pass"),
        ({"A.java": "return http.oauth2Login(withDefaults()).build();\n"}, "pass"),
        ({"pom.xml": _pom("org.springframework.boot", "spring-boot-starter-oauth2-client"), "A.java": "class A {}\n"}, "pass"),
        ({"Gemfile": "gem 'rails'\ngem 'omniauth-google-oauth2'\n", "a.rb": "a = 1\n"}, "pass"),
        ({"composer.json": '{"require": {"laravel/socialite": "5"}}', "A.php": "<?php class A {}"}, "pass"),
        ({"A.cs": "builder.Services.AddAuthentication().AddGoogle();\n"}, "pass"),
        ({"A.cs": "builder.Services.AddAuthentication().AddJwtBearer();\n"}, "fail"),
        ({"a.rs": "let client = oauth2::basic::BasicClient::new(id);\n"}, "pass"),
        ({"a.py": "URL = 'https://accounts.google.com/o/oauth2/v2/auth'\n"}, "pass"),
        ({}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_third_parties_can_log_users_in(files: dict[str, str], expected: str) -> None:
    assert verdict_of("auth.oauth2", files, **SERVICE) == expected


ITEMS = ("authentication", "tokens", "rbac", "api-keys", "protected-endpoints", "oauth2")


@pytest.mark.parametrize("item", ITEMS)
def test_a_library_has_no_users(item: str) -> None:
    assert verdict_of(f"auth.{item}", {"a.py": SIGNED}, **LIBRARY) == "not_applicable"


@pytest.mark.parametrize("item", ITEMS)
def test_a_service_without_users_has_nobody_to_authenticate(item: str) -> None:
    profile = {**SERVICE, "has_users": False}
    assert verdict_of(f"auth.{item}", {"a.py": SIGNED}, **profile) == "not_applicable"


def test_keys_are_for_callers_of_an_api() -> None:
    profile = {**SERVICE, "has_http_api": False}
    assert verdict_of("auth.api-keys", {"a.py": SIGNED}, **profile) == "not_applicable"
