"""Telling whoever asked for much that it is done: rescans of many, exports, backfills, previews.

Each request is a cause of its own, so a person hears of it once, however often it was tried on that day; the scans of a
rescan say nothing by themselves. What somebody called off needs no message.
"""

from collections.abc import Callable
from fractions import Fraction

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse

from assessments.choices import Event, ExportState, PastWork, RescanScope, ScanState, WorkState
from assessments.messages import Line, Message, Section
from assessments.models import Export, HistoryRequest, Rescan, RulesetPreview, ScanRequest
from assessments.services.notifications import Person, repository_url, section, tell
from assessments.services.rulesets import built, current_version
from assessments.standard import Standard
from scanners.redact import redact


def rescan_ended(rescan_id: int) -> int:
    """How many messages were queued for the person who asked for the rescan, now that it is over."""
    rescan = Rescan.objects.select_related("requested_by", "team").get(pk=rescan_id)
    if rescan.cancelled_by_id is not None:
        return 0
    return _tell(rescan.requested_by, f"rescan:{rescan.pk}", lambda: _rescan_message(rescan))


def export_ended(export_id: int) -> int:
    """How many messages were queued for the person whose file is ready, or could not be made."""
    export = Export.objects.select_related("requested_by", "repository", "team").get(pk=export_id)
    if export.state not in (ExportState.DONE, ExportState.FAILED):
        return 0
    return _tell(export.requested_by, f"export:{export.pk}", lambda: _export_message(export))


def work_ended(work_id: int) -> int:
    """How many messages were queued for the person whose backfill is over; nobody leaves the page for the rest."""
    work = HistoryRequest.objects.select_related("requested_by", "repository").get(pk=work_id)
    if work.kind != PastWork.BACKFILL or work.state not in (WorkState.DONE, WorkState.FAILED):
        return 0
    return _tell(work.requested_by, f"past:{work.pk}", lambda: _backfill_message(work))


def preview_ended(preview_id: int) -> int:
    """How many messages were queued for the person whose preview of a draft is over."""
    preview = RulesetPreview.objects.select_related("requested_by").get(pk=preview_id)
    if preview.state not in (WorkState.DONE, WorkState.FAILED):
        return 0
    return _tell(preview.requested_by, f"preview:{preview.pk}", lambda: _preview_message(preview))


def _tell(person: Person | None, cause: str, message: Callable[[], Message]) -> int:
    if person is None or not person.is_active:
        return 0
    return tell(get_user_model().objects.filter(pk=person.pk), Event.FINISHED, cause, message())


def title_of(rescan: Rescan, standard: Standard | None = None) -> str:
    """What was rescanned, in words (its team loaded); an item by its title in the standard, else by its id."""
    if rescan.scope == RescanScope.TEAM and rescan.team is not None:
        return f"the repositories of {rescan.team}"
    if rescan.scope == RescanScope.ITEM:
        item = standard.by_item.get(rescan.item) if standard else None
        return f"what fails “{item.title if item else rescan.item}”"
    if rescan.scope == RescanScope.FLEET:
        return "the whole fleet"
    if rescan.scope == RescanScope.RULESET:
        return "the fleet by the new ruleset version"
    return "chosen repositories"


def url_of(rescan: Rescan) -> str:
    """The page where it was asked for."""
    if rescan.scope == RescanScope.TEAM and rescan.team is not None:
        return reverse("team-detail", args=[rescan.team.slug])
    if rescan.scope == RescanScope.ITEM:
        return reverse("standard-item", args=[rescan.item])
    return reverse("activity")


def _rescan_message(rescan: Rescan) -> Message:
    what = title_of(rescan, built(current_version())[1])
    done = rescan.total - rescan.failed - rescan.cancelled
    lead = (
        f"The rescan of {what} that you asked for is over: {done} of {rescan.total} repositories are scanned"
    )
    if rescan.failed:
        lead += f", {rescan.failed} could not be"
    if rescan.cancelled:
        lead += f", {rescan.cancelled} were called off"
    failed = ScanRequest.objects.filter(rescan=rescan, state=ScanState.FAILED).select_related("repository")
    lines = [
        Line(f"{scan.repository.name} ({scan.error_id})", repository_url(scan.repository))
        for scan in failed.order_by("repository__name", "pk")[:9]
    ]
    return Message(
        subject=f"The rescan of {what} is over: {done} of {rescan.total}",
        lead=f"{lead}.",
        sections=(section("Could not be scanned", lines, of=rescan.failed),) if lines else (),
        url=f"{settings.PUBLIC_ADDRESS}{url_of(rescan)}",
        action="See where it stands",
    )


def _export_message(export: Export) -> Message:
    url = f"{settings.PUBLIC_ADDRESS}{reverse('export-list')}"
    if export.state == ExportState.FAILED:
        return Message(
            subject=f"{export} could not be made",
            lead=f"The export that you asked for, {export}, could not be made.",
            sections=(Section(f"What happened ({export.error_id})", (Line(redact(export.error)),)),),
            url=url,
            action="See your exports",
        )
    until = f" It is kept until {export.expires_at:%-d %B %Y}." if export.expires_at else ""
    return Message(
        subject=f"{export} is ready",
        lead=f"The export that you asked for, {export}, is ready.{until}",
        sections=(),
        url=url,
        action="Download it",
    )


def _backfill_message(work: HistoryRequest) -> Message:
    repository = work.repository
    url = f"{settings.PUBLIC_ADDRESS}{reverse('repository-history', args=[repository.slug])}"
    if work.state == WorkState.FAILED:
        lines = tuple(Line(redact(text)) for text in (work.error, work.hint) if text)
        return Message(
            subject=f"The past of {repository.name} could not be judged",
            lead=f"The backfill of {repository.name} that you asked for could not be finished.",
            sections=(Section(f"What happened ({work.error_id})", lines),),
            url=url,
            action="See its history",
        )
    recorded = int(work.result.get("recorded", 0))
    skipped = len(work.result.get("skipped", ()))
    lead = (
        f"The backfill of {repository.name} that you asked for is done: {recorded} "
        f"point{'' if recorded == 1 else 's'} of its past {'is' if recorded == 1 else 'are'} new"
    )
    return Message(
        subject=f"The past of {repository.name} has been judged",
        lead=f"{lead}, {skipped} could not be judged." if skipped else f"{lead}.",
        sections=(),
        url=url,
        action="See its history",
    )


def _preview_message(preview: RulesetPreview) -> Message:
    url = f"{settings.PUBLIC_ADDRESS}{reverse('preview-detail', args=[preview.key])}"
    if preview.state == WorkState.FAILED:
        return Message(
            subject=f"{preview.name} could not be previewed",
            lead=f"The preview of {preview.name} that you asked for could not be finished.",
            sections=(Section(f"What happened ({preview.error_id})", (Line(redact(preview.error)),)),),
            url=url,
            action="See the preview",
        )
    scores = [row["scores"] for row in preview.result["rows"]]
    changes = [Fraction(after) - Fraction(before) for before, after in scores if before and after]
    better, worse = sum(one > 0 for one in changes), sum(one < 0 for one in changes)
    lead = (
        f"The preview of {preview.name} that you asked for is done: of {len(scores)} "
        f"repositor{'y' if len(scores) == 1 else 'ies'} {better} would stand better and {worse} worse"
    )
    if preview.skipped:
        lead += f"; {preview.skipped} could not be judged"
    return Message(
        subject=f"{preview.name} has been previewed",
        lead=f"{lead}.",
        sections=(),
        url=url,
        action="See whom it would hit",
    )
