"""The domain's tables. Rows hold facts; whoever changes several of them at once is a service."""

from assessments.models.api_token import ApiToken
from assessments.models.assessment import Assessment, ChecklistItem, Standing, VerdictChange
from assessments.models.audit import AuditEvent
from assessments.models.credential import (
    Credential,
    CredentialGrant,
    CredentialUse,
    HookDelivery,
    PushHook,
)
from assessments.models.export import Export
from assessments.models.history import HistoryRequest
from assessments.models.notification import Notification, NotificationChoice, NotificationTarget
from assessments.models.plan import PlanEvent, PlanStep, SavedPlan
from assessments.models.preview import RulesetPreview
from assessments.models.repository import Mirror, Repository
from assessments.models.rollup import ItemDay, TeamDay
from assessments.models.ruleset import RulesetDraft, RulesetVersion
from assessments.models.saved_view import DefaultView, SavedView
from assessments.models.scan import Rescan, ScanPolicy, ScanRequest
from assessments.models.team import Membership, OneTimePassword, Team

__all__ = [
    "ApiToken",
    "Assessment",
    "AuditEvent",
    "ChecklistItem",
    "Credential",
    "CredentialGrant",
    "CredentialUse",
    "DefaultView",
    "Export",
    "HistoryRequest",
    "HookDelivery",
    "ItemDay",
    "Membership",
    "Mirror",
    "Notification",
    "NotificationChoice",
    "NotificationTarget",
    "OneTimePassword",
    "PlanEvent",
    "PlanStep",
    "PushHook",
    "Repository",
    "Rescan",
    "RulesetDraft",
    "RulesetPreview",
    "RulesetVersion",
    "SavedPlan",
    "SavedView",
    "ScanPolicy",
    "ScanRequest",
    "Standing",
    "Team",
    "TeamDay",
    "VerdictChange",
]
