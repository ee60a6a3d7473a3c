"""The evidence browser of one repository: what its report rests on, and the files it was found in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from assessments import policy
from assessments.models import Assessment, Repository
from assessments.selectors.evidence import get_evidence_page, get_file_page
from assessments.selectors.repositories import standings_of
from assessments.services.rulesets import DEFAULT


@require_safe
def repository_evidence(request: HttpRequest, slug: str) -> HttpResponse:
    repository, assessment = _judged(request, slug)
    page = get_evidence_page(repository, assessment, request.GET)
    return render(request, "evidence/index.html", {"page": page})


@require_safe
def repository_file(request: HttpRequest, slug: str) -> HttpResponse:
    repository, assessment = _judged(request, slug)
    page = get_file_page(repository, assessment, request.GET)
    if page is None:
        raise Http404
    return render(request, "evidence/file.html", {"page": page})


def _judged(request: HttpRequest, slug: str) -> tuple[Repository, Assessment]:
    """The repository and what stands for it by the ruleset that is asked for, the standard where that is unknown."""
    visible = policy.visible_repositories(request.user).select_related("mirror", "team", "current__ruleset")
    repository = get_object_or_404(visible.defer("current__ruleset__document"), slug=slug)
    standings = standings_of(repository)
    assessment = standings.get(request.GET.get("ruleset", DEFAULT), repository.current)
    if assessment is None:
        raise Http404
    return repository, assessment
