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
    SCHEDULE = "schedule", "Schedule"
    RULESET = "ruleset", "New ruleset version"


class ExportState(TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Being made"
    DONE = "done", "Ready"
    FAILED = "failed", "Failed"


class ExportFormat(TextChoices):
    PDF = "pdf", "PDF"
    MARKDOWN = "markdown", "Markdown"
    JSON = "json", "JSON"
    SARIF = "sarif", "SARIF"
