"""The field for a folder of a repository, where only part of it is meant."""

from typing import Any

from django import forms

from scanners.errors import ScanError
from scanners.tree import clean_root


class FolderField(forms.CharField):
    """A path within a repository, cleaned to the one spelling of it; empty for the whole repository."""

    def clean(self, value: Any) -> str:
        """The path. Raises ValidationError for one that leads out of the repository."""
        try:
            return clean_root(super().clean(value))
        except ScanError as error:
            raise forms.ValidationError(error.message, code=error.id) from error
