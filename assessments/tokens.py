"""What an API token looks like. Free of Django, so that logs can be kept clean of it before anything is set up."""

import re

FORM = re.compile(r"plb_([0-9a-f]{12})_[0-9a-f]{64}")
"""Group 1 names the token and may be shown; what follows is the secret."""


def without_tokens(text: str) -> str:
    """The text with the secret of every API token in it left out."""
    return FORM.sub(r"plb_\1_[redacted]", text) if "plb_" in text else text
