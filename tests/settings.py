"""Settings of the tests: the product's own, on a temporary data folder and with cheap password hashes."""

import atexit
import os
import shutil
import tempfile
from urllib.parse import urlsplit, urlunsplit

_FOLDER = tempfile.mkdtemp(prefix="plumbline-tests-")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
os.environ["PLUMBLINE_DATA_DIR"] = _FOLDER
os.environ["PLUMBLINE_ALLOW_PRIVATE_ADDRESSES"] = "false"

_PROCESS = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
_REDIS = os.environ.get("PLUMBLINE_REDIS_URL", "")
if _PROCESS and _REDIS.startswith("redis"):
    # Several processes of one run would empty each other's queues and cache. Two databases for each, below those of
    # the address itself, which the tests of workers use; a Redis has sixteen.
    _parts = urlsplit(_REDIS)
    _number = (int(_parts.path.strip("/") or 0) - 2 * (int(_PROCESS) + 1)) % 16
    os.environ["PLUMBLINE_REDIS_URL"] = urlunsplit(_parts._replace(path=f"/{_number}"))

from config.settings import *  # noqa: E402, F403
from config.settings import DATA_DIR, DATABASES, LOGGING  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in the product: in memory, threads share one connection and never wait for each other.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    # Its own name, so that two runs against one server do not drop each other's database.
    DATABASES["default"]["TEST"] = {"NAME": f"test_plumbline_{os.getpid()}"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
LOGGING["root"]["level"] = "ERROR"
LOGGING["loggers"]["django.request"] = {"level": "CRITICAL"}
