"""Enumerations: the value kept, the label shown."""

from django.db.models import TextChoices


class Role(TextChoices):
    LEAD = "lead", "Lead"
    MEMBER = "member", "Member"
    VIEWER = "viewer", "Viewer"


class Outcome(TextChoices):
    PASS = "pass", "Pass"
    FAIL = "fail", "Fail"
    NOT_APPLICABLE = "not_applicable", "Not applicable"
    UNKNOWN = "unknown", "Unknown"


class Origin(TextChoices):
    SCAN = "scan", "Scan"
    REGRADE = "regrade", "Regrade"
    BACKFILL = "backfill", "Backfill"


class Cause(TextChoices):
    CODE = "code", "code"
    RULESET = "ruleset", "a new ruleset version"
    OVERRIDE = "override", "a profile override"
    MEASUREMENT = "measurement", "a measurement that failed"


class ScanState(TextChoices):
    QUEUED = "queued", "Queued"
    CLONING = "cloning", "Cloning"
    SCANNING = "scanning", "Scanning"
    GRADING = "grading", "Grading"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE_STATES = (ScanState.QUEUED, ScanState.CLONING, ScanState.SCANNING, ScanState.GRADING)
RUNNING_STATES = ACTIVE_STATES[1:]


class ScanReason(TextChoices):
    ADDED = "added", "Added"
    REQUEST = "request", "Asked for"
    PUSH = "push", "Push"
    SCHEDULE = "schedule", "Schedule"
    RULESET = "ruleset", "New ruleset version"
    BULK = "bulk", "Asked for with others"


class RescanScope(TextChoices):
    """What scans were asked for together."""

    TEAM = "team", "Team"
    ITEM = "item", "What fails an item"
    FLEET = "fleet", "Fleet"
    RULESET = "ruleset", "New ruleset version"
    CHOSEN = "chosen", "Chosen repositories"


class PastWork(TextChoices):
    """Kinds of work on a repository's past."""

    BACKFILL = "backfill", "Backfill"
    COMPARISON = "comparison", "Comparison"
    ORIGIN = "origin", "Search for a commit"


class WorkState(TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE_WORK = (WorkState.QUEUED, WorkState.RUNNING)


class ExportState(TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Being made"
    DONE = "done", "Ready"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE_EXPORTS = (ExportState.QUEUED, ExportState.RUNNING)


class ExportScope(TextChoices):
    REPOSITORY = "repository", "Repository"
    TEAM = "team", "Team"
    FLEET = "fleet", "Fleet"


class ExportFormat(TextChoices):
    PDF = "pdf", "PDF"
    MARKDOWN = "markdown", "Markdown"
    JSON = "json", "JSON"
    CSV = "csv", "CSV"
    XLSX = "xlsx", "Excel workbook"
    SARIF = "sarif", "SARIF"
    ZIP = "zip", "ZIP archive"


class CredentialKind(TextChoices):
    TOKEN = "token", "HTTPS token"
    SSH = "ssh", "SSH key"


class Forge(TextChoices):
    """Who sends a push hook, and so how it is signed."""

    GITHUB = "github", "GitHub"
    GITLAB = "gitlab", "GitLab"
    GITEA = "gitea", "Gitea"
    FORGEJO = "forgejo", "Forgejo"
    BITBUCKET = "bitbucket", "Bitbucket"


class DeliveryOutcome(TextChoices):
    QUEUED = "queued", "Scan queued"
    WAITING = "waiting", "A scan was waiting already"
    LATER = "later", "A scan is running; another follows"
    PAUSED = "paused", "Paused; scanned once the schedule goes on"
    QUARANTINED = "quarantined", "Quarantined; scanned once it is released"
    PING = "ping", "Ping"
    OTHER_EVENT = "other-event", "Not a push"
    OTHER_BRANCH = "other-branch", "Not the default branch"
    UNKNOWN = "unknown", "No repository here has this address"
    REPEATED = "repeated", "Repeated, so ignored"
    MALFORMED = "malformed", "Malformed"


class Event(TextChoices):
    """What people may be told of."""

    GRADE_DROP = "grade-drop", "A repository's grade drops"
    CRITICAL_GAP = "critical-gap", "A repository has a new critical gap"
    UNREADABLE = "unreadable", "A repository can't be read"
    FINISHED = "finished", "What you asked for has finished"
    DIGEST = "digest", "The week of each of your teams"


class Channel(TextChoices):
    MAIL = "mail", "Mail"
    WEBHOOK = "webhook", "Webhook"


class MessageState(TextChoices):
    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"


class PlanGoal(TextChoices):
    ALL = "all", "Every step"
    GRADE = "grade", "The cheapest path to a grade"
    BUDGET = "budget", "The best grade within a limit"


class PlanMeasure(TextChoices):
    EVERY = "every", "Every repository"
    AVERAGE = "average", "The average"


class StepState(TextChoices):
    OPEN = "open", "Open"
    IN_PROGRESS = "in_progress", "In progress"
    DONE = "done", "Done"
    DROPPED = "dropped", "Dropped"
    LEFT_OUT = "left_out", "Left out"


class TokenScope(TextChoices):
    """What an API token may be used for."""

    READ = "read", "Read what you may see"
    SCAN = "scan", "Ask for scans and cancel them"
    EXPORT = "export", "Ask for exports and fetch them"
    ADMIN = "admin", "Add repositories, rescan the fleet"
