"""Page models of the previews of a draft ruleset: what can be previewed, and what one preview found."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.urls import reverse
from django.utils import timezone

from assessments.choices import ACTIVE_WORK, WorkState
from assessments.listings import PREVIEWED, PREVIEWED_ITEMS
from assessments.models import RulesetPreview
from assessments.policy import visible_drafts, visible_previews
from assessments.selectors.scans import ScanError
from assessments.services.rulesets import built, current_version
from assessments.tables import Listing, Shown, everything, shown

LATEST = 20
"""Previews that are listed."""


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A preview in the list; ``team`` is empty for all teams."""

    url: str
    name: str
    revision: int
    team: str
    state: str
    done: int
    total: int
    asked_by: str
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class DraftLine:
    name: str
    revision: int
    problems: int
    edited_at: datetime
    edit_url: str


@dataclass(frozen=True, slots=True)
class PreviewListPage:
    """``versions_url`` leads to where a draft is started."""

    drafts: tuple[DraftLine, ...]
    previews: tuple[PreviewLine, ...]
    versions_url: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A repository now and by the draft. ``gained`` and ``lost`` are titles of items that would newly pass or fail;
    ``other`` of those that would do neither. ``note`` says what else is to be known, or why it was not judged."""

    name: str
    url: str
    team: str
    what: str
    letter_before: str
    letter_after: str
    score_before: Fraction | None
    score_after: Fraction | None
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    other: tuple[str, ...]
    note: str = ""
    error_id: str = ""

    @property
    def change(self) -> Fraction | None:
        if self.score_before is None or self.score_after is None:
            return None
        return self.score_after - self.score_before


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item and in how many repositories it would flip; ``url`` is empty where the current ruleset lacks it."""

    title: str
    id: str
    url: str
    fails: int
    passes: int
    other: int


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """``letters`` are (letter or "", repositories now, by the draft), best first; ``mean`` is the mean change of the
    score; ``later_revision`` the draft's own where it was edited since, else None. ``sampled`` where not all were
    looked at: ``chosen`` of ``of``, ``strata`` are (letter, chosen, all)."""

    key: str
    name: str
    revision: int
    later_revision: int | None
    gone: bool
    same_as: str
    version: str
    team: str
    state: str
    running: bool
    state_label: str
    requested_at: datetime
    asked_by: str
    done: int
    total: int
    share: int | None
    left: float | None
    sampled: bool
    chosen: int
    of: int
    teams: tuple[int, int]
    strata: tuple[tuple[str, int, int], ...]
    better: int
    worse: int
    mean: Fraction | None
    letters: tuple[tuple[str, int, int], ...]
    items: tuple[ItemRow, ...]
    changed: tuple[PreviewRow, ...]
    same: tuple[PreviewRow, ...]
    skipped: tuple[PreviewRow, ...]
    table: Shown
    items_table: Shown
    error: ScanError | None
    draft: int | None
    edit_url: str
    progress_url: str
    cancel_url: str

    @property
    def judged(self) -> int:
        """Repositories with a verdict by the draft."""
        return len(self.changed) + len(self.same)

    @property
    def noted(self) -> bool:
        """Whether there is something to be known of how a repository that changes was judged."""
        return any(row.note for row in self.changed)

    @property
    def aged(self) -> str:
        """That it is of an older revision, in words."""
        return f"This shows revision {self.revision}; the draft is at revision {self.later_revision} by now."

    @property
    def cut_off(self) -> str:
        """How far it had come when it was cancelled, in words."""
        return f"{self.done} of {self.total} repositories were looked at before."


def get_preview_list(user: AbstractUser) -> PreviewListPage:
    """The drafts there are and the latest previews."""
    drafts = visible_drafts(user).select_related("based_on").defer("document", "based_on__document")
    previews = visible_previews(user).select_related("team", "requested_by").defer("result")
    return PreviewListPage(
        tuple(
            DraftLine(
                str(draft),
                draft.revision,
                len(draft.problems),
                draft.edited_at,
                reverse("admin:assessments_rulesetdraft_change", args=[draft.pk]),
            )
            for draft in drafts
        ),
        tuple(
            PreviewLine(
                reverse("preview-detail", args=[one.key]),
                one.name,
                one.revision,
                one.team.name if one.team else "",
                one.get_state_display(),
                one.done,
                one.total,
                str(one.requested_by or ""),
                one.requested_at,
            )
            for one in previews[:LATEST]
        ),
        reverse("admin:assessments_rulesetversion_changelist"),
    )


def get_preview_page(preview: RulesetPreview) -> PreviewPage:
    """What a preview (its draft, team and asker loaded) has found so far."""
    result = preview.result
    rows = [_row(one, result["items"]) for one in result.get("rows", ())]
    skipped = [_skipped(one) for one in result.get("skipped", ())]
    rows.sort(key=lambda row: (row.change is None, row.change or 0, row.name))
    current = current_version(preview.ruleset)
    changes = [row.change for row in rows if row.change is not None]
    draft = preview.draft
    later = draft.revision if draft is not None and draft.revision != preview.revision else None
    running = preview.state in ACTIVE_WORK
    sample = result.get("sample", {"of": 0, "letters": (), "teams": (0, 0)})
    chosen = len(result.get("chosen", ()))
    order = [band.letter for band in built(current)[1].scale]
    return PreviewPage(
        key=str(preview.key),
        name=preview.name,
        revision=preview.revision,
        later_revision=later,
        gone=draft is None,
        same_as=str(current) if preview.digest == current.digest else "",
        version=result.get("version", current.version),
        team=preview.team.name if preview.team else "",
        state=preview.state,
        running=running,
        state_label=preview.get_state_display(),
        requested_at=preview.requested_at,
        asked_by=str(preview.requested_by or ""),
        done=preview.done,
        total=preview.total,
        share=preview.done * 100 // preview.total if preview.total else None,
        left=_left(preview),
        sampled=chosen < sample["of"],
        chosen=chosen,
        of=sample["of"],
        teams=tuple(sample["teams"]),
        strata=tuple(sorted((tuple(one) for one in sample["letters"]), key=lambda s: _place(order, s[0]))),
        better=sum(change > 0 for change in changes),
        worse=sum(change < 0 for change in changes),
        mean=sum(changes, Fraction(0)) / len(changes) if changes else None,
        letters=_letters(rows, order),
        items=_items(result, {item.id for item in built(current)[1].items}),
        changed=tuple(row for row in rows if row.what == "Changes"),
        same=tuple(row for row in rows if row.what != "Changes"),
        skipped=tuple(skipped),
        table=shown(PREVIEWED),
        items_table=shown(PREVIEWED_ITEMS),
        error=ScanError(preview.error_id, preview.error, "") if preview.error_id else None,
        draft=draft.pk if draft else None,
        edit_url=reverse("admin:assessments_rulesetdraft_change", args=[draft.pk]) if draft else "",
        progress_url=reverse("preview-progress", args=[preview.key]) if running else "",
        cancel_url=reverse("preview-cancel", args=[preview.key]) if running else "",
    )


def get_preview_listing(preview: RulesetPreview, which: str) -> Listing:
    """All repositories of the preview, also those that stay as they are or could not be judged; or its items."""
    page = get_preview_page(preview)
    subject = f"preview-{preview.ruleset}-revision-{preview.revision}"
    if which == PREVIEWED_ITEMS.id:
        return Listing(everything(PREVIEWED_ITEMS), page.items, subject)
    return Listing(everything(PREVIEWED), (*page.changed, *page.same, *page.skipped), subject)


def _row(one: Mapping[str, Any], titles: Mapping[str, str]) -> PreviewRow:
    before, after = (None if score is None else Fraction(score) for score in one["scores"])
    lost = tuple(titles[item] for item, _, now in one["flips"] if now == "fail")
    gained = tuple(titles[item] for item, _, now in one["flips"] if now == "pass")
    other = tuple(titles[item] for item, _, now in one["flips"] if now not in ("pass", "fail"))
    notes = []
    if one["afresh"]:
        notes.append("Judged afresh by the current rules, too.")
    if one["unread"]:
        notes.append(f"Could not be read for {one['unread']} item{'' if one['unread'] == 1 else 's'}.")
    return PreviewRow(
        name=one["name"],
        url=reverse("repository-detail", args=[one["slug"]]),
        team=one["team"],
        what="Changes" if one["flips"] or before != after else "Stays as it is",
        letter_before=one["letters"][0],
        letter_after=one["letters"][1],
        score_before=before,
        score_after=after,
        lost=lost,
        gained=gained,
        other=other,
        note=" ".join(notes),
    )


def _skipped(one: Mapping[str, Any]) -> PreviewRow:
    url = reverse("repository-detail", args=[one["slug"]]) if one["slug"] else ""
    return PreviewRow(
        one["name"],
        url,
        one["team"],
        "Not previewed",
        "",
        "",
        None,
        None,
        (),
        (),
        (),
        one["reason"],
        one["id"],
    )


def _letters(rows: Iterable[PreviewRow], order: list[str]) -> tuple[tuple[str, int, int], ...]:
    listed = list(rows)
    before = Counter(row.letter_before for row in listed)
    after = Counter(row.letter_after for row in listed)
    letters = sorted({*before, *after}, key=lambda letter: _place(order, letter))
    return tuple((letter, before[letter], after[letter]) for letter in letters)


def _place(order: list[str], letter: str) -> int:
    return order.index(letter) if letter in order else len(order)


def _items(result: Mapping[str, Any], known: set[str]) -> tuple[ItemRow, ...]:
    counts: dict[str, Counter[str]] = {}
    for row in result.get("rows", ()):
        for item, _, now in row["flips"]:
            counts.setdefault(item, Counter())[now if now in ("pass", "fail") else "other"] += 1
    rows = [
        ItemRow(
            result["items"][item],
            item,
            reverse("standard-item", args=[item]) if item in known else "",
            count["fail"],
            count["pass"],
            count["other"],
        )
        for item, count in counts.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-(row.fails + row.passes + row.other), row.title)))


def _left(preview: RulesetPreview) -> float | None:
    if preview.state != WorkState.RUNNING or not preview.started_at or not preview.done:
        return None
    spent = (timezone.now() - preview.started_at).total_seconds()
    return spent * (preview.total - preview.done) / preview.done
