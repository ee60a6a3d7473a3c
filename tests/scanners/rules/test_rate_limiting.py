import pytest

from tests.scanners.rules.judging import verdict_of

SERVICE = {"kind": "service", "has_http_api": True}
ITEMS = ["present", "distributed", "per-endpoint", "metrics"]

SLOWAPI = "from slowapi import Limiter\nlimiter = Limiter(key_func=f)\n"
EXPRESS = "import rateLimit from 'express-rate-limit';\n"
NGINX = {
    "nginx/default.conf": "limit_req_zone $a zone=one:1m;\nserver {\n  location / {\n    limit_req zone=one;\n  }\n}\n"
}
GATEWAY = {
    "src/main/resources/application.yml": (
        "spring:\n  cloud:\n    gateway:\n      routes:\n        - id: a\n          filters:\n            - name: RequestRateLimiter\n"
    ),
    "A.java": "class A {}\n",
}


@pytest.mark.parametrize("item", ITEMS)
def test_limits_are_not_asked_of_what_serves_no_http(item: str) -> None:
    assert (
        verdict_of(f"rate-limiting.{item}", {"a.py": SLOWAPI}, kind="library", has_http_api=False)
        == "not_applicable"
    )


@pytest.mark.parametrize("item", ITEMS)
def test_limits_in_languages_without_rules_are_unknown(item: str) -> None:
    assert verdict_of(f"rate-limiting.{item}", {"a.swift": "let a = 1\nlet b = 2\n"}, **SERVICE) == "unknown"


@pytest.mark.parametrize("item", ITEMS)
def test_without_a_limiter_nothing_about_limits_passes(item: str) -> None:
    files = {"a.py": "RATELIMIT_STORAGE_URI = 'redis://'\nHEADERS = {'Retry-After': '1'}  # attempts\n"}
    assert verdict_of(f"rate-limiting.{item}", files, **SERVICE) == "fail"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": SLOWAPI}, "pass"),
        ({"a.py": "from aiolimiter import AsyncLimiter\nlimiter = AsyncLimiter(1)\n"}, "fail"),
        ({"a.py": "DEFAULT_THROTTLE_CLASSES = ['rest_framework.throttling.AnonRateThrottle']\n"}, "pass"),
        ({"a.py": "DEFAULT_THROTTLE_CLASSES = []\n"}, "fail"),
        ({"a.py": "INSTALLED_APPS = ['axes']\n"}, "pass"),
        ({"a.py": "class RateLimiter:\n    def __call__(self, request): ...\n"}, "pass"),
        ({"a.py": "class RateLimitError(Exception):\n    code = 429\n"}, "fail"),
        ({"a.py": "if user.failed_login_attempts >= 5:\n    lock()\n"}, "pass"),
        ({"a.js": EXPRESS + "app.use(rateLimit({ max: 5 }));\n"}, "pass"),
        ({"a.js": "const rateLimit = require('p-limit');\nrateLimit({ a: 1 });\n"}, "fail"),
        ({"a.ts": "providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }]\n"}, "pass"),
        ({"a.ts": "imports: [ThrottlerModule.forRoot([])]\n"}, "fail"),
        ({"a.go": "func M(h http.Handler) http.Handler {\n\tl := rate.NewLimiter(1, 2)\n}\n"}, "pass"),
        ({"a.go": "// outbound\nvar l = rate.NewLimiter(1, 2)\n"}, "fail"),
        ({"a.go": "func (r *ResponseHandler) IsRateLimited() bool { return r.code == http.StatusTooManyRequests }\n"}, "fail"),
        ({"A.java": "@RestController class A { @RateLimiter(name = \"a\") void f() {} }\n"}, "pass"),
        (GATEWAY, "pass"),
        ({"A.kt": "install(RateLimit) { }\n"}, "pass"),
        ({"config/initializers/rack_attack.rb": "Rack::Attack.throttle('a', limit: 4, period: 1) { |r| r.ip }\n"}, "pass"),
        ({"a.rb": "class SessionsController < ApplicationController\n  rate_limit to: 10, within: 3.minutes, only: :create\n"}, "pass"),
        ({"a.rb": "devise :database_authenticatable, :lockable\n"}, "pass"),
        ({"a.php": "<?php Route::middleware('throttle:60,1')->get('/a');\n"}, "pass"),
        ({"a.php": "<?php return ['throttle' => \\Illuminate\\Routing\\Middleware\\ThrottleRequests::class];\n"}, "fail"),
        ({"config/packages/security.yaml": "security:\n  firewalls:\n    main:\n      login_throttling: ~\n", "a.php": "<?php $a = 1;\n"}, "pass"),
        ({"A.cs": "app.UseRateLimiter();\n"}, "pass"),
        ({"A.cs": "await m.PasswordSignInAsync(u, p, false, lockoutOnFailure: false);\n"}, "fail"),
        ({"a.rs": "let l = RateLimiter::keyed(quota);\n"}, "pass"),
        ({"a.ex": "defmodule A do\n  use PlugAttack\nend\n"}, "pass"),
        ({**NGINX, "a.py": "x = 1\n"}, "pass"),
        ({"compose.yaml": "services:\n  a:\n    labels:\n      - traefik.http.middlewares.r.ratelimit.average=9\n", "a.py": "x = 1\n"}, "pass"),
    ],
)  # fmt: skip
def test_requests_or_logins_are_limited(files: dict[str, str], expected: str) -> None:
    assert verdict_of("rate-limiting.present", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": SLOWAPI}, "fail"),
        ({"a.py": SLOWAPI.replace("f)", "f, storage_uri=settings.LIMITER)")}, "pass"),
        ({"a.py": SLOWAPI.replace("f)", "f, storage_uri='memory://')")}, "fail"),
        ({"a.py": "throttle_classes = [UserRateThrottle]\n"}, "fail"),
        ({"a.py": "throttle_classes = [UserRateThrottle]\nCACHES = {'default': {'BACKEND': 'django_redis.cache.RedisCache'}}\n"}, "pass"),
        ({"a.py": "INSTALLED_APPS = ['axes']\n"}, "pass"),
        ({"a.js": EXPRESS + "app.use(rateLimit({ max: 5 }));\napp.use(session({ store: MongoStore.create() }));\n"}, "fail"),
        ({"a.js": EXPRESS + "app.use(rateLimit({ max: 5, store: new RedisStore({}) }));\n"}, "pass"),
        ({"a.js": "const l = new RateLimiterRedis({ points: 5 });\n"}, "pass"),
        ({"a.js": "const l = new RateLimiterMemory({ points: 5 });\n"}, "fail"),
        ({"a.go": "import \"github.com/go-redis/redis_rate/v10\"\nvar l = redis_rate.NewLimiter(c)\n"}, "pass"),
        (GATEWAY, "pass"),
        ({"a.rb": "devise :lockable\n"}, "pass"),
        ({"a.rb": "Rack::Attack.throttle('a', limit: 1) { |r| r.ip }\n"}, "fail"),
        ({"a.rb": "Rack::Attack.throttle('a', limit: 1) { |r| r.ip }\n", "config/environments/production.rb": "config.cache_store = :redis_cache_store\n"}, "pass"),
        ({"a.php": "<?php Route::middleware('throttle:60,1');\n", ".env.example": "CACHE_STORE=database\n"}, "pass"),
        ({"a.php": "<?php Route::middleware('throttle:60,1');\n", ".env.example": "CACHE_STORE=file\n"}, "fail"),
        ({"A.cs": "app.UseRateLimiter();\n"}, "fail"),
        ({"A.cs": "o.Lockout.MaxFailedAccessAttempts = 5;\n"}, "pass"),
        ({**NGINX, "a.py": "x = 1\n"}, "pass"),
    ],
)  # fmt: skip
def test_counters_are_shared(files: dict[str, str], expected: str) -> None:
    assert verdict_of("rate-limiting.distributed", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": SLOWAPI + "app.add_middleware(SlowAPIMiddleware)\n"}, "fail"),
        ({"a.py": SLOWAPI + "@limiter.limit('5/minute')\ndef f(request): ...\n"}, "pass"),
        ({"a.py": "DEFAULT_THROTTLE_CLASSES = ['a.UserRateThrottle']\n"}, "fail"),
        ({"a.py": "throttle_classes = [LoginThrottle]\n"}, "pass"),
        ({"a.js": EXPRESS + "app.use(rateLimit({ max: 5 }));\n"}, "fail"),
        ({"a.js": EXPRESS + "app.use('/api', rateLimit({ max: 5 }));\n"}, "fail"),
        ({"a.js": EXPRESS + "const authLimiter = rateLimit({ max: 5 });\napp.use('/v1/auth', authLimiter);\n"}, "pass"),
        ({"a.js": EXPRESS + "const a = rateLimit({ max: 5 });\nconst b = rateLimit({ max: 9 });\n"}, "pass"),
        ({"a.ts": "@UseGuards(ThrottlerGuard)\nclass A {\n  @Throttle({ default: { limit: 3 } })\n  f() {}\n}\n"}, "pass"),
        ({"a.go": "r.With(httprate.LimitByIP(5, m)).Post(\"/login\", h) // net/http\n"}, "pass"),
        (GATEWAY, "pass"),
        ({"a.rb": "Rack::Attack.throttle('a', limit: 1) { |r| r.ip }\n"}, "fail"),
        ({"a.rb": "Rack::Attack.throttle('a', limit: 1) { |req| req.ip if req.path == '/login' }\n"}, "pass"),
        ({"a.php": "<?php $middleware->throttleApi();\n"}, "fail"),
        ({"a.php": "<?php Route::post('/login')->middleware('throttle:5,1');\n"}, "pass"),
        ({"A.cs": "app.UseRateLimiter();\n[EnableRateLimiting(\"login\")] class A { }\n"}, "pass"),
        ({"a.rs": "let l = RateLimiter::keyed(q);\n", "b.rs": "crate::ratelimit::check_limit_login(&ip)?;\n"}, "pass"),
        ({**NGINX, "a.py": "x = 1\n"}, "pass"),
    ],
)  # fmt: skip
def test_routes_have_limits_of_their_own(files: dict[str, str], expected: str) -> None:
    assert verdict_of("rate-limiting.per-endpoint", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": SLOWAPI}, "fail"),
        ({"a.py": SLOWAPI.replace("f)", "f, headers_enabled=True)")}, "pass"),
        ({"a.py": "throttle_classes = [UserRateThrottle]\n"}, "pass"),
        ({"a.py": SLOWAPI, "b.py": "if 'Retry-After' in exc.response.headers:\n    attempts += 1\n"}, "fail"),
        ({"a.py": SLOWAPI, "b.py": "response.headers['X-RateLimit-Remaining'] = '1'\n"}, "pass"),
        ({"a.py": SLOWAPI, "b.py": "from prometheus_client import Counter\nc = Counter('rate_limit_exceeded_total', '')\n"}, "pass"),
        ({"a.js": EXPRESS + "app.use(rateLimit({ max: 5 }));\n"}, "pass"),
        ({"a.js": EXPRESS + "app.use(rateLimit({ max: 5, legacyHeaders: false }));\n"}, "fail"),
        ({"a.js": EXPRESS + "app.use(rateLimit({ max: 5, legacyHeaders: false, standardHeaders: true }));\n"}, "pass"),
        ({"a.js": "const l = new RateLimiterMemory({ points: 5 });\n"}, "fail"),
        ({"a.ts": "useClass: ThrottlerGuard\n"}, "pass"),
        ({"a.go": "import \"github.com/go-chi/httprate\"\nr.Use(httprate.LimitByIP(5, m))\n"}, "pass"),
        ({"A.kt": "install(RateLimit) { }\n"}, "pass"),
        (GATEWAY, "pass"),
        ({"a.rb": "Rack::Attack.throttle('a', limit: 1) { |r| r.ip }\n"}, "fail"),
        ({"a.php": "<?php Route::middleware('throttle:60,1');\n"}, "pass"),
        ({"A.cs": "app.UseRateLimiter();\n"}, "fail"),
        ({"A.cs": "app.UseRateLimiter();\nb.AddMeter(\"Microsoft.AspNetCore.RateLimiting\");\n"}, "pass"),
        ({"a.rs": "let l = RateLimiter::keyed(q);\n", "b.rs": "crate::ratelimit::check(&ip)?;\n"}, "fail"),
        ({**NGINX, "a.py": "x = 1\n"}, "fail"),
    ],
)  # fmt: skip
def test_callers_or_operators_are_told(files: dict[str, str], expected: str) -> None:
    assert verdict_of("rate-limiting.metrics", files, **SERVICE) == expected
