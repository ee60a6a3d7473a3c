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


class LoginForm(_Plain, forms.LoginForm):
    pass


class AddEmailForm(_Plain, forms.AddEmailForm):
    pass


class ChangePasswordForm(_Plain, forms.ChangePasswordForm):
    pass


class ResetPasswordForm(_Plain, forms.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(_Plain, forms.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(_Plain, forms.ReauthenticateForm):
    pass
