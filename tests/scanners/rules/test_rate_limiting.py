import pytest

from tests.scanners.rules.judging import verdict_of

SERVICE = {"kind": "service", "has_http_api": True, "has_database": True, "has_users": True}
LIBRARY = {"kind": "library", "has_http_api": False, "has_database": False, "has_users": False}
STRANGE = {"a.cpp": "int main() {\n  return 0;\n}\n"}

SLOWAPI = "from slowapi import Limiter\nlimiter = Limiter(key_func=get_remote_address)\n"
EXPRESS = "const rateLimit = require('express-rate-limit');\nconst limiter = rateLimit({ max: 10 });\n"
DRF = "REST_FRAMEWORK = {\n    'DEFAULT_THROTTLE_CLASSES': ['rest_framework.throttling.UserRateThrottle'],\n    'DEFAULT_THROTTLE_RATES': {'user': '10/min'},\n}\n"
LARAVEL = "<?php Route::middleware('throttle:60,1')->group(fn () => Route::get('/a', A::class));"
ASPNET = 'builder.Services.AddRateLimiter(o => o.AddFixedWindowLimiter("a", l => l.PermitLimit = 5));\napp.UseRateLimiter();\n'
RAILS = "class SessionsController < ApplicationController\n  rate_limit to: 10, within: 3.minutes, only: :create\nend\n"
ATTACK = "class Rack::Attack\n  throttle('ip', limit: 5, period: 1) { |req| req.ip }\nend\n"
GOVERNOR = "let c = GovernorConfigBuilder::default().per_second(2).finish();\nlet app = Router::new().layer(GovernorLayer { config: c });\n"
NGINX = "http {\n  limit_req_zone $ip zone=a:1m rate=1r/s;\n  server {\n    location /a {\n      limit_req zone=a;\n    }\n  }\n}\n"
OWN = "class RateLimiter:\n    def check(self, request):\n        if self.count(request.client.host) > 5:\n            raise HTTPException(status_code=429)\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": SLOWAPI + "@limiter.limit('5/minute')\nasync def a(): ...\n"}, "pass"),
        ({"a.py": "# @limiter.limit('5/minute')\nasync def a(): ...\n"}, "fail"),
        ({"tests/test_a.py": SLOWAPI}, "fail"),
        ({"examples/a.py": SLOWAPI}, "fail"),
        ({"requirements.txt": "slowapi==0.1\n", "a.py": "a = 1\n"}, "fail"),
        ({"settings.py": DRF}, "pass"),
        ({"settings.py": DRF.replace("'rest_framework.throttling.UserRateThrottle'", "")}, "fail"),
        ({"settings.py": "INSTALLED_APPS = ['axes']\nAXES_FAILURE_LIMIT = 5\n"}, "pass"),
        ({"a.py": OWN}, "pass"),
        ({"a.py": "import requests\nclass RateLimiter:\n    def wait(self): ...\nrequests.get(url)\n# request\n"}, "fail"),
        ({"a.py": "if user.failed_login_attempts >= 5:\n    raise Locked\n"}, "pass"),
        ({"a.py": "from aiolimiter import AsyncLimiter\nlimiter = AsyncLimiter(5)\n"}, "fail"),
        ({"a.py": "r = requests.get(url)\nif r.status_code == 429:\n    retry()\n"}, "fail"),
        ({"a.js": EXPRESS + "app.use(limiter);\n"}, "pass"),
        ({"a.js": "// " + EXPRESS.replace("\n", "\n// ")}, "fail"),
        ({"package.json": '{"name": "a", "dependencies": {"express-rate-limit": "7"}}\n', "a.js": "app.get('/', a);\n"}, "fail"),
        ({"a.ts": "import { ThrottlerGuard } from '@nestjs/throttler';\nproviders: [{ provide: APP_GUARD, useClass: ThrottlerGuard }]\n"}, "pass"),
        ({"a.ts": "import { ThrottlerGuard } from '@nestjs/throttler';\n"}, "fail"),
        ({"a.ts": "const limiter = new RateLimiterRedis({ storeClient: redis });\n"}, "pass"),
        ({"a.js": "import throttle from 'lodash/throttle';\nwindow.onscroll = throttle(a, 100);\n"}, "fail"),
        ({"a.go": 'package a\nimport "github.com/go-chi/httprate"\nfunc a() { r.Use(httprate.LimitByIP(5, time.Minute)) }\n'}, "pass"),
        ({"a.go": "package a\nvar l = rate.NewLimiter(1, 5)\nfunc m(next http.Handler) http.Handler { return next }\n"}, "pass"),
        ({"a.go": "package a\nvar l = rate.NewLimiter(1, 5)\nfunc call() { l.Wait(ctx) }\n"}, "fail"),
        ({"A.java": '@RestController\nclass A {\n  @RateLimiter(name = "a")\n  A a() {}\n}\n'}, "pass"),
        ({"src/main/resources/application.yml": "bucket4j:\n  enabled: true\n", "A.java": "class A {}\n"}, "pass"),
        ({"A.kt": "install(RateLimit) {\n  global { rateLimiter(limit = 5) }\n}\n"}, "pass"),
        ({"a.rb": RAILS}, "pass"),
        ({"a.rb": ATTACK}, "pass"),
        ({"a.rb": "# throttle('ip', limit: 5, period: 1)\n# Rack::Attack\n"}, "fail"),
        ({"app/models/user.rb": "class User < ApplicationRecord\n  devise :database_authenticatable, :lockable\nend\n"}, "pass"),
        ({"app/models/user.rb": "class User < ApplicationRecord\n  devise :database_authenticatable # :lockable\nend\n"}, "fail"),
        ({"routes/api.php": LARAVEL}, "pass"),
        ({"routes/api.php": "<?php // Route::middleware('throttle:60,1');"}, "fail"),
        ({"A.cs": ASPNET}, "pass"),
        ({"A.cs": "// app.UseRateLimiter();\n"}, "fail"),
        ({"a.rs": GOVERNOR}, "pass"),
        ({"a.rs": "use tower_governor::GovernorLayer;\n"}, "fail"),
        ({"a.ex": 'case Hammer.check_rate("a", 60_000, 5) do\n'}, "pass"),
        ({"nginx.conf": NGINX, "a.py": "a = 1\n"}, "pass"),
        ({"nginx.conf": NGINX.replace("      limit_req", "      # limit_req"), "a.py": "a = 1\n"}, "fail"),
        ({"docker-compose.yml": "services:\n  a:\n    labels:\n      - traefik.http.middlewares.a.ratelimit.average=100\n"}, "pass"),
        ({}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_requests_or_logins_are_throttled(files: dict[str, str], expected: str) -> None:
    assert verdict_of("rate-limiting.present", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": SLOWAPI.replace("address", "address, storage_uri=settings.REDIS_URL")}, "pass"),
        ({"a.py": SLOWAPI.replace("address", "address, storage_uri='memory://'")}, "fail"),
        ({"a.py": SLOWAPI}, "fail"),
        ({"settings.py": DRF}, "fail"),
        ({"settings.py": DRF + "CACHES = {'default': {'BACKEND': 'django_redis.cache.RedisCache'}}\n"}, "pass"),
        ({"settings.py": "CACHES = {'default': {'BACKEND': 'django_redis.cache.RedisCache'}}\n"}, "fail"),
        ({"a.js": EXPRESS}, "fail"),
        ({"a.js": EXPRESS.replace("max: 10", "max: 10, store: new RedisStore({ sendCommand })")}, "pass"),
        ({"a.ts": "const limiter = new RateLimiterRedis({ storeClient: redis });\n"}, "pass"),
        ({"a.ts": "const limiter = new RateLimiterMemory({ points: 5 });\n"}, "fail"),
        ({"A.java": 'r.path("/a").filters(f -> f.requestRateLimiter(c -> c.setRateLimiter(redis())))\n'}, "pass"),
        ({"A.java": '@RateLimiter(name = "a")\nA a() {}\n'}, "fail"),
        ({"app/models/user.rb": "class User < ApplicationRecord\n  devise :database_authenticatable, :lockable\nend\n"}, "pass"),
        ({"a.rb": ATTACK}, "fail"),
        ({"a.rb": ATTACK + "Rack::Attack.cache.store = ActiveSupport::Cache::RedisCacheStore.new\n"}, "pass"),
        ({"routes/api.php": LARAVEL}, "fail"),
        ({"routes/api.php": LARAVEL, "config/cache.php": "<?php return ['default' => env('CACHE_STORE', 'redis')];"}, "pass"),
        ({"A.cs": ASPNET}, "fail"),
        ({"A.cs": "var r = await signInManager.PasswordSignInAsync(a, b, c, lockoutOnFailure: true);\n"}, "pass"),
        ({"nginx.conf": NGINX, "a.py": "a = 1\n"}, "pass"),
        ({"a.ex": "use Hammer, backend: Hammer.Redis\n"}, "pass"),
        ({"a.rs": GOVERNOR}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_counters_are_shared_between_instances(files: dict[str, str], expected: str) -> None:
    assert verdict_of("rate-limiting.distributed", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": SLOWAPI + "@limiter.limit('5/minute')\nasync def a(): ...\n"}, "pass"),
        ({"a.py": SLOWAPI.replace("address", "address, default_limits=['5/minute']")}, "fail"),
        ({"a.py": "class A(APIView):\n    throttle_classes = [UserRateThrottle]\n"}, "pass"),
        ({"settings.py": DRF}, "fail"),
        ({"a.js": EXPRESS + "app.use('/auth', limiter);\n"}, "pass"),
        ({"a.js": EXPRESS + "router.post('/login', limiter, login);\n"}, "pass"),
        ({"a.js": EXPRESS + "app.use(limiter);\n"}, "fail"),
        ({"a.js": EXPRESS + "app.use('/api/', limiter);\n"}, "fail"),
        ({"a.js": EXPRESS + "const strict = rateLimit({ max: 1 });\n"}, "pass"),
        ({"a.ts": "@Throttle({ default: { limit: 3 } })\nlogin() {}\n"}, "pass"),
        ({"a.ts": "providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }]\n"}, "fail"),
        ({"a.go": 'package a\nimport "github.com/go-chi/httprate"\nfunc a() { r.With(httprate.LimitByIP(5, time.Minute)).Post("/a", b) }\n'}, "pass"),
        ({"a.go": 'package a\nimport "github.com/go-chi/httprate"\nfunc a() { r.Use(httprate.LimitByIP(5, time.Minute)) }\n'}, "fail"),
        ({"A.java": '@RateLimiter(name = "a")\nA a() {}\n'}, "pass"),
        ({"a.rb": RAILS}, "pass"),
        ({"a.rb": ATTACK}, "fail"),
        ({"a.rb": ATTACK.replace("req.ip", "req.ip if req.path == '/login'")}, "pass"),
        ({"routes/api.php": LARAVEL}, "pass"),
        ({"A.cs": ASPNET}, "fail"),
        ({"A.cs": ASPNET + 'app.MapGet("/a", a).RequireRateLimiting("a");\n'}, "pass"),
        ({"nginx.conf": NGINX, "a.py": "a = 1\n"}, "pass"),
        ({"a.rs": GOVERNOR}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_endpoints_have_limits_of_their_own(files: dict[str, str], expected: str) -> None:
    assert verdict_of("rate-limiting.per-endpoint", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": SLOWAPI}, "fail"),
        ({"a.py": SLOWAPI.replace("address", "address, headers_enabled=True")}, "pass"),
        ({"a.py": OWN.replace("429)", "429, headers={'Retry-After': '60'})")}, "pass"),
        ({"a.py": OWN}, "fail"),
        ({"a.py": OWN, "b.py": "import requests\nwait = int(r.headers['Retry-After'])\n"}, "fail"),
        ({"a.py": OWN + "from prometheus_client import Counter\nC = Counter('rate_limit_exceeded_total', 'x')\n"}, "pass"),
        ({"settings.py": DRF}, "pass"),
        ({"a.js": EXPRESS}, "pass"),
        ({"a.js": EXPRESS.replace("max: 10", "max: 10, legacyHeaders: false, standardHeaders: true")}, "pass"),
        ({"a.js": EXPRESS.replace("max: 10", "max: 10, legacyHeaders: false")}, "fail"),
        ({"a.ts": "const limiter = new RateLimiterMemory({ points: 5 });\n"}, "fail"),
        ({"a.ts": "providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }]\n"}, "pass"),
        ({"a.go": 'package a\nimport "github.com/go-chi/httprate"\nfunc a() { r.Use(httprate.LimitByIP(5, time.Minute)) }\n'}, "pass"),
        ({"A.java": '@RateLimiter(name = "a")\nA a() {}\n'}, "fail"),
        ({"routes/api.php": LARAVEL}, "pass"),
        ({"A.cs": ASPNET}, "fail"),
        ({"A.cs": ASPNET + 'context.Response.Headers["Retry-After"] = "60"; // rate limit\n'}, "pass"),
        ({"a.rb": RAILS}, "fail"),
        ({"a.rs": "use tower_governor::{GovernorConfigBuilder, GovernorLayer};\n" + GOVERNOR}, "pass"),
        ({"a.py": "from prometheus_client import Counter\nC = Counter('requests_total', 'x')\n"}, "fail"),
        (STRANGE, "unknown"),
    ],
)  # fmt: skip
def test_callers_or_operators_learn_of_rejections(files: dict[str, str], expected: str) -> None:
    assert verdict_of("rate-limiting.metrics", files, **SERVICE) == expected


@pytest.mark.parametrize("item", ["present", "distributed", "per-endpoint", "metrics"])
def test_what_serves_no_requests_limits_none(item: str) -> None:
    assert verdict_of(f"rate-limiting.{item}", {"a.py": SLOWAPI}, **LIBRARY) == "not_applicable"
