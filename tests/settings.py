"""Settings of the tests: the product's own, on a temporary data folder and with cheap password hashes."""

import atexit
import os
import shutil
import tempfile

_FOLDER = tempfile.mkdtemp(prefix="plumbline-tests-")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
os.environ["PLUMBLINE_DATA_DIR"] = _FOLDER
os.environ["PLUMBLINE_ALLOW_PRIVATE_ADDRESSES"] = "false"

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
