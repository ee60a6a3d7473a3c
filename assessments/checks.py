"""Start-up checks: what must be there before anything else makes sense."""

import shutil
from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register


@register()
def git_is_present(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """An error where there is no git on the path."""
    if shutil.which("git"):
        return []
    return [Error("git is not installed.", hint="Install git 2.36 or newer.", id="plumbline.E001")]
