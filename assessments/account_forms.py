"""The forms of accounts with labels in sentence case, and no label said again inside its field."""

from typing import Any

from allauth.account import forms


class _Plain:
    """Goes before a form of allauth, whose labels are in title case and repeated as placeholders."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = str(field.label or "").capitalize()
            field.widget.attrs.pop("placeholder", None)


class LoginForm(_Plain, forms.LoginForm):  # type: ignore[misc]
    pass


class AddEmailForm(_Plain, forms.AddEmailForm):  # type: ignore[misc]
    pass


class ChangePasswordForm(_Plain, forms.ChangePasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordForm(_Plain, forms.ResetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordKeyForm(_Plain, forms.ResetPasswordKeyForm):  # type: ignore[misc]
    pass


class ReauthenticateForm(_Plain, forms.ReauthenticateForm):  # type: ignore[misc]
    pass
