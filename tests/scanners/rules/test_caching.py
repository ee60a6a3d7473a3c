import pytest

from tests.scanners.rules.judging import verdict_of

SERVICE = {"kind": "service", "has_http_api": True, "has_database": True}
LIBRARY = {"kind": "library", "has_http_api": False, "has_database": False}

USED = {"a.py": "from django.core.cache import cache\ncache.set('a', b)\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (USED, "pass"),
        ({"a.py": "@cache_page(60)\ndef a(r): ...\n"}, "pass"),
        ({"a.py": "from functools import lru_cache\n@lru_cache\ndef get_settings():\n    return Settings()\n"}, "fail"),
        ({"a.py": "from functools import lru_cache\n@lru_cache\ndef get_rates(day):\n    return query(day)\n"}, "pass"),
        ({"a.py": "response['Cache-Control'] = 'max-age=60'\n"}, "pass"),
        ({"a.py": "response['Cache-Control'] = 'no-store'\n"}, "fail"),
        ({"a.ts": "import NodeCache from 'node-cache';\n"}, "pass"),
        ({"a.tsx": "const { data } = useQuery({ queryKey: ['a'] });\nqueryClient.invalidateQueries();\n"}, "fail"),
        ({"a.js": "res.set('Cache-Control', 'public, max-age=60');\n"}, "pass"),
        ({"a.go": 'package a\nimport (\n\t"github.com/patrickmn/go-cache"\n)\n'}, "pass"),
        ({"A.java": "@Cacheable(\"a\")\nList<A> all() {}\n"}, "pass"),
        ({"A.java": "@EnableCaching\nclass A {}\n"}, "fail"),
        ({"a.rb": "Rails.cache.fetch('a') { b }\n"}, "pass"),
        ({"A.php": "<?php Cache::remember('a', 60, fn () => b());"}, "pass"),
        ({"config/cache.php": "<?php return ['stores' => ['redis' => ['driver' => 'redis']]];"}, "fail"),
        ({"A.cs": "class A(IMemoryCache cache) {}\n"}, "pass"),
        ({"a.rs": "let cache = moka::sync::Cache::new(1);\n"}, "pass"),
        ({"a.ex": "Cachex.get(:a, key)\n"}, "pass"),
        ({"nginx.conf": "http {\n  proxy_cache_path /x keys_zone=a:1m;\n}\n"}, "pass"),
        ({".github/workflows/a.yml": "on: push\njobs:\n  a:\n    steps:\n      - uses: actions/cache@v4\n"}, "fail"),
        ({}, "fail"),
    ],
)  # fmt: skip
def test_application_data_is_cached_by_first_party_code(files: dict[str, str], expected: str) -> None:
    assert verdict_of("caching.present", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {**USED, "settings.py": "CACHES = {'default': {'BACKEND': 'django_redis.cache.RedisCache'}}\n"},
            "pass",
        ),
        ({"settings.py": "CACHES = {'default': {'BACKEND': 'django_redis.cache.RedisCache'}}\n"}, "fail"),
        (USED, "fail"),
        ({"a.ts": "import { caching } from 'cache-manager';\nimport Redis from 'ioredis';\n"}, "pass"),
        ({"a.rb": "Rails.cache.fetch('a') { b }\nconfig.cache_store = :redis_cache_store\n"}, "pass"),
        (
            {
                "A.php": "<?php Cache::remember('a', 60, $f);",
                "config/cache.php": "<?php return ['redis' => ['driver' => 'redis']];",
            },
            "pass",
        ),
        (
            {"A.cs": "class A(IDistributedCache c) {}\nservices.AddStackExchangeRedisCache(o => {});\n"},
            "pass",
        ),
    ],
)
def test_a_cache_in_use_can_be_shared(files: dict[str, str], expected: str) -> None:
    assert verdict_of("caching.distributed", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "cache.set('a', b, timeout=60)\n"}, "pass"),
        ({"a.py": "cache.set('a', b)\n"}, "fail"),
        ({**USED, "b.py": "def save():\n    cache.delete('a')\n"}, "pass"),
        ({"b.py": "requests.get(url, timeout=60)\ncache = 1\n"}, "fail"),
        ({"a.ts": "import NodeCache from 'node-cache';\nconst c = new NodeCache({ stdTTL: 60 });\n"}, "pass"),
        ({"A.java": '@Cacheable("a")\nList<A> all() {}\n@CacheEvict("a")\nvoid save() {}\n'}, "pass"),
        ({"A.java": '@Cacheable("a")\nList<A> all() {}\n'}, "fail"),
        ({"a.rb": "Rails.cache.fetch('a', expires_in: 1.hour) { b }\n"}, "pass"),
        (
            {
                "A.cs": "class A(IMemoryCache c) { void B() { c.Set(k, v, new() { SlidingExpiration = x }); } }\n"
            },
            "pass",
        ),
    ],
)
def test_cached_entries_expire_or_are_deleted(files: dict[str, str], expected: str) -> None:
    assert verdict_of("caching.invalidation", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({**USED, "b.py": "def warm_cache():\n    ...\n"}, "pass"),
        (
            {
                **USED,
                "a/migrations/0002_b.py": "def populate_site_cache(apps, e): ...\nmigrations.RunPython(populate_site_cache)\n",
            },
            "fail",
        ),
        ({**USED, "a.go": "package a\n\nvar c = Opts{RefreshCache: authRefreshCache}\n"}, "fail"),
        ({"b.py": "def warm_cache():\n    ...\n"}, "fail"),
    ],
)
def test_a_cache_is_filled_ahead(files: dict[str, str], expected: str) -> None:
    assert verdict_of("caching.warming", files, **SERVICE) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({**USED, "b.py": "CACHE_HITS = Counter('cache_hits_total', 'x')\n"}, "pass"),
        ({**USED, "b.py": "logger.debug('cache_hit')\n"}, "fail"),
        (
            {"A.java": '@Cacheable("a")\nA a() { return Caffeine.newBuilder().recordStats().build(); }\n'},
            "pass",
        ),
        (USED, "fail"),
    ],
)
def test_hits_and_misses_are_counted(files: dict[str, str], expected: str) -> None:
    assert verdict_of("caching.metrics", files, **SERVICE) == expected


@pytest.mark.parametrize("item", ["present", "distributed", "invalidation", "warming", "metrics"])
def test_only_services_cache_for_their_callers(item: str) -> None:
    assert verdict_of(f"caching.{item}", USED, **LIBRARY) == "not_applicable"


@pytest.mark.parametrize("item", ["present", "distributed", "invalidation", "warming", "metrics"])
def test_caches_in_a_language_nobody_knows_are_unknown(item: str) -> None:
    assert verdict_of(f"caching.{item}", {"a.cpp": "int main() {\n  return 0;\n}\n"}, **SERVICE) == "unknown"
