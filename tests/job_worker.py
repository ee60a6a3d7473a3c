"""The product's job worker as tests run it: the first export to be written makes STALL_FILE and waits there for ever."""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402

from assessments.services import exports  # noqa: E402

real = exports.write


def write(export: Any, file: Any, progress: Any) -> None:
    file.write(b"half of it")
    file.flush()
    (Path(tempfile.gettempdir()) / "left-by-a-job").touch()
    try:
        Path(os.environ["STALL_FILE"]).touch(exist_ok=False)
    except FileExistsError:
        real(export, file, progress)
        return
    while True:
        time.sleep(0.1)


if __name__ == "__main__":
    with patch.object(exports, "write", write):
        call_command("rqworker", "exports", serializer="rq.serializers.JSONSerializer")
    sys.exit(0)
