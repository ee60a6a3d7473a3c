"""What a process that answers requests leaves to reference counts."""

import os
import subprocess
import sys


def test_a_serving_process_looks_over_nothing_that_was_loaded_with_it() -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import gc, sys, config.wsgi\n"
            "assert 'assessments.views.repositories' in sys.modules\n"
            "print(gc.get_freeze_count(), len(gc.get_objects()), gc.get_threshold()[0])",
        ],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    frozen, left, threshold = map(int, said.stdout.split())
    assert frozen > 100_000 > left
    assert threshold > 10_000
