"""The form that adds a repository: what may be typed, and what is said where it cannot be used."""

from pathlib import Path

import pytest

from assessments.choices import Role
from assessments.forms import RepositoryForm
from tests import factories, trees

pytestmark = pytest.mark.django_db
URL = "https://github.com/example/orders"


def filled(allow_local: bool = False, **values: object) -> RepositoryForm:
    data = {"source": URL, "new_team": "Payments", **values}
    return RepositoryForm(data, user=factories.admin(), allow_local=allow_local)


def errors(form: RepositoryForm, field: str) -> list[str]:
    return [str(error.code) for error in form.errors.as_data().get(field, [])]


def test_an_address_and_a_team_are_enough() -> None:
    form = filled()
    assert form.is_valid(), form.errors
    assert form.cleaned_data["source"] == URL


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("", "required"),
        ("ext::sh -c id", "source.url-refused"),
        ("file:///etc", "source.url-refused"),
        ("--upload-pack=id", "source.url-refused"),
        ("/srv/git/orders", "source.url-refused"),
        ("https://ann:canary-91@github.com/example/orders", "source.holds-credential"),
        ("https://canary-91@github.com/example/orders", "source.holds-credential"),
        ("https://github.com/" + "a" * 2000, "max_length"),
        ("https://github.com/example/\u202eorders\x00", "null_characters_not_allowed"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_by_its_stable_id(source: str, code: str) -> None:
    form = filled(source=source)
    assert not form.is_valid()
    assert code in errors(form, "source")
    assert "canary-91" not in str(form.errors)


def test_a_folder_of_this_machine_is_taken_only_where_allowed(tmp_path: Path) -> None:
    place = str(trees.repository(tmp_path / "orders", {"a": "b"}))
    assert filled(allow_local=True, source=place).is_valid()
    assert errors(filled(source=place), "source") == ["source.url-refused"]


@pytest.mark.parametrize("root", ["../up", "a/../../b", "/../etc"])
def test_a_folder_outside_the_repository_is_refused(root: str) -> None:
    assert errors(filled(root=root), "root") == ["path.not-found"]


def test_a_folder_is_cleaned() -> None:
    form = filled(root="/services/billing/")
    assert form.is_valid() and form.cleaned_data["root"] == "services/billing"


@pytest.mark.parametrize("new_team", ["", "   "])
def test_a_team_must_be_chosen_or_named(new_team: str) -> None:
    form = filled(new_team=new_team)
    assert not form.is_valid() and "new_team" in form.errors


def test_teams_of_others_cannot_be_chosen() -> None:
    own, other = factories.team(), factories.team()
    user = factories.member(own, Role.LEAD)
    assert RepositoryForm({"source": URL, "team": own.pk}, user=user).is_valid()
    form = RepositoryForm({"source": URL, "team": other.pk}, user=user)
    assert errors(form, "team") == ["invalid_choice"]


def test_names_of_any_script_are_taken_up_to_their_limit() -> None:
    assert filled(name="訂單" * 150, new_team="Équipe № 1").is_valid()
    assert errors(filled(name="x" * 301), "name") == ["max_length"]
