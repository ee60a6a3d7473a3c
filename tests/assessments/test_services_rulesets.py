"""Rulesets: shipped, drafted, checked, published."""

import pytest
import yaml
from django.db import IntegrityError

from assessments.choices import ScanReason
from assessments.models import AuditEvent, Rescan, RulesetDraft, RulesetVersion, ScanRequest
from assessments.services.rulesets import (
    StaleDraft,
    built,
    current_version,
    ensure_shipped,
    from_text,
    open_draft,
    problems_of_text,
    publish_draft,
    save_draft,
)
from scanners.errors import RulesetError
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(ruleset: RulesetVersion) -> RulesetDraft:
    return open_draft(ruleset=ruleset.ruleset, actor=factories.admin())


def test_the_shipped_ruleset_is_published_once(ruleset: RulesetVersion) -> None:
    assert ensure_shipped() == ruleset
    assert RulesetVersion.objects.count() == 1
    assert current_version() == ruleset
    rules, standard = built(ruleset)
    assert len(rules.rules) == len(standard.items) == 100


def test_there_is_one_current_version(ruleset: RulesetVersion) -> None:
    with pytest.raises(IntegrityError):
        RulesetVersion.objects.create(
            ruleset=ruleset.ruleset, version="9", title="Other", document="", digest="d", current=True
        )


def test_a_newer_shipped_document_takes_over_from_a_shipped_one(ruleset: RulesetVersion) -> None:
    RulesetVersion.objects.filter(pk=ruleset.pk).update(digest="of an older document")
    newer = ensure_shipped()
    assert newer != ruleset
    assert current_version() == newer
    assert newer.version == f"{ruleset.version}+2"


def test_a_newer_shipped_document_leaves_an_admins_version_current(ruleset: RulesetVersion) -> None:
    RulesetVersion.objects.filter(pk=ruleset.pk).update(digest="older", published_by=factories.admin())
    assert ensure_shipped() == ruleset
    assert RulesetVersion.objects.filter(current=False).count() == 1


def test_a_draft_starts_as_the_current_document_without_problems(draft: RulesetDraft) -> None:
    assert draft.document == draft.based_on.document
    assert problems_of_text(draft.document) == []


def edited(draft: RulesetDraft, old: str, new: str) -> str:
    assert old in draft.document
    return draft.document.replace(old, new, 1)


def save(draft: RulesetDraft, document: str) -> RulesetDraft:
    return save_draft(draft=draft, document=document, revision=draft.revision, actor=factories.admin())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1", "line"),
        ("just a word", ""),
        ("- 1\n", ""),
        ("", ""),
        ("a: &x [1]\nb: *y\n", "line"),
    ],
)
def test_text_that_is_no_ruleset_has_problems_in_words(draft: RulesetDraft, text: str, words: str) -> None:
    saved = save(draft, text)
    assert saved.problems and words in " ".join(saved.problems)


def test_a_rule_that_names_no_signal_is_a_problem_and_keeps_the_draft_from_being_published(
    draft: RulesetDraft,
) -> None:
    document = from_text(draft.document)
    document["rules"]["testing.unit"]["pass"] = {"any": ["no.such-signal"]}
    saved = save(draft, yaml.safe_dump(document))
    assert "no.such-signal" in " ".join(saved.problems)
    with pytest.raises(RulesetError):
        publish_draft(draft=saved, version="2", actor=factories.admin())
    assert current_version() == draft.based_on


def test_yaml_that_would_build_objects_or_explode_is_refused(draft: RulesetDraft) -> None:
    assert problems_of_text("!!python/object/apply:os.system ['id']")
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert problems_of_text(bomb)


def test_two_people_cannot_save_over_each_other(draft: RulesetDraft) -> None:
    save_draft(draft=draft, document=draft.document, revision=1, actor=factories.admin())
    with pytest.raises(StaleDraft):
        save_draft(draft=draft, document="lost", revision=1, actor=factories.admin())


def test_publishing_asks_for_the_whole_fleet_at_once_and_shows_how_far_it_is(draft: RulesetDraft) -> None:
    for _ in range(3):
        factories.assessment()
    saved = save(draft, edited(draft, "weight: 1\n", "weight: 3\n"))
    publish_draft(draft=saved, version="2.0", actor=factories.admin())
    rescan = Rescan.objects.get()
    assert (rescan.scope, rescan.total) == ("ruleset", 3)
    assert set(rescan.scans.values_list("reason", flat=True)) == {"ruleset"}


def test_publishing_makes_an_immutable_current_version_and_judges_again(draft: RulesetDraft) -> None:
    assessment = factories.assessment()
    never_judged = factories.repository()
    actor = factories.admin()
    saved = save(draft, edited(draft, "weight: 1\n", "weight: 3\n"))
    made = publish_draft(draft=saved, version="2.0", actor=actor, notes="Heavier")
    assert current_version() == made
    assert (made.version, made.published_by, made.notes) == ("2.0", actor, "Heavier")
    assert from_text(made.document)["version"] == "2.0"
    assert built(made)[1].items[0].weight == 3
    assert not RulesetDraft.objects.exists()
    scan = ScanRequest.objects.get()
    assert (scan.repository, scan.reason) == (assessment.repository, ScanReason.RULESET)
    assert never_judged.scans.count() == 0
    assert AuditEvent.objects.filter(action="ruleset.published", actor=actor).exists()


def test_a_version_is_published_once(draft: RulesetDraft) -> None:
    with pytest.raises(RulesetError) as raised:
        publish_draft(draft=draft, version=draft.based_on.version, actor=factories.admin())
    assert raised.value.id == "ruleset.version-taken"
    assert RulesetDraft.objects.exists()


def test_a_draft_cannot_become_another_ruleset(draft: RulesetDraft) -> None:
    saved = save(draft, edited(draft, "id: industry-standards", "id: other-standards"))
    with pytest.raises(RulesetError) as raised:
        publish_draft(draft=saved, version="2", actor=factories.admin())
    assert raised.value.id == "ruleset.renamed"
