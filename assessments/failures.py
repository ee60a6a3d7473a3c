"""Every way in which Plumbline may fail, in one table: whose fault it is, what to do, whether it is tried again.

A failure is data. Each has a stable id that pages, scripts and the database rely on; ``docs/errors.md`` is written
from this table (``python -m assessments.failures``), and a test holds every id that is raised anywhere against it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from scanners.errors import Fault

Whose = Literal["theirs", "ours", "network"]
Again = Literal["minutes", "schedule", "later", "held", "no"]

WHOSE: dict[Whose, str] = {
    "theirs": "The repository or its address",
    "ours": "This installation",
    "network": "The network or the host",
}
AGAIN: dict[Again, str] = {
    "minutes": "Tried again within minutes, up to four times, then on schedule.",
    "schedule": "Tried again on schedule, less often while it keeps failing.",
    "later": "Tried again five times, the last some ten hours later.",
    "held": "Not tried again until a lead releases the repository.",
    "no": "Not tried again by itself.",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """One way to fail: a sentence, whose fault it is, what a person does about it and what Plumbline does."""

    id: str
    says: str
    whose: Whose
    todo: str
    again: Again

    @property
    def whose_fault(self) -> str:
        return WHOSE[self.whose]

    @property
    def tried_again(self) -> str:
        return AGAIN[self.again]


_TABLE = (
    # Reaching the repository.
    Failure(
        "source.unreachable",
        "The host cannot be reached, is busy or answered with an error.",
        "network",
        "Check the address and the network; a busy host needs time only.",
        "minutes",
    ),
    Failure(
        "source.not-a-repository",
        "There is no git repository at the address.",
        "theirs",
        "Check the address; if the repository has gone for good, remove it here.",
        "schedule",
    ),
    Failure(
        "source.auth-failed",
        "The host did not let Plumbline read the repository.",
        "theirs",
        "Give a credential that may read it; a mistyped address often looks the same.",
        "schedule",
    ),
    Failure(
        "source.host-key-mismatch",
        "The host showed another key than the one it is known by.",
        "theirs",
        "Compare the host's keys with its owner, then pin the new ones.",
        "schedule",
    ),
    Failure(
        "source.url-refused",
        "The address, or where it redirects to, is of a kind that is not allowed.",
        "theirs",
        "Use the address that the host redirects to, over https or ssh.",
        "schedule",
    ),
    Failure(
        "source.private-address",
        "The address leads into a private network.",
        "theirs",
        "An operator may allow such addresses with PLUMBLINE_ALLOW_PRIVATE_ADDRESSES.",
        "schedule",
    ),
    Failure(
        "source.holds-credential",
        "The address holds a credential.",
        "theirs",
        "Leave it out and add it as a credential.",
        "no",
    ),
    Failure(
        "source.empty",
        "The repository has no commits yet.",
        "theirs",
        "Push a first commit.",
        "schedule",
    ),
    Failure(
        "repository.unreachable",
        "The repository could not be reached for so long that it is tried less often. Its history is kept.",
        "theirs",
        "Correct its address or its credential and rescan, or remove it.",
        "schedule",
    ),
    # Limits.
    Failure(
        "source.too-large",
        "The repository is larger than a mirror may be.",
        "theirs",
        "Raise PLUMBLINE_MAX_REPOSITORY_MB, or take large files out of the history.",
        "schedule",
    ),
    Failure(
        "source.too-many-files",
        "The commit holds more files than are judged at once.",
        "theirs",
        "Raise PLUMBLINE_MAX_FILES, or judge one part of it by its path.",
        "schedule",
    ),
    Failure(
        "git.timeout",
        "git did not finish in time and was stopped.",
        "network",
        "Try again later, or raise PLUMBLINE_SCAN_SECONDS.",
        "minutes",
    ),
    Failure(
        "git.output-too-large",
        "git printed more than is taken in.",
        "theirs",
        "Judge one part of the repository by its path.",
        "schedule",
    ),
    Failure(
        "scan.time-limit",
        "The scan took more time than it may.",
        "theirs",
        "Raise PLUMBLINE_SCAN_SECONDS, or judge one part of the repository by its path.",
        "schedule",
    ),
    Failure(
        "scan.memory-limit",
        "The scan took more memory than it may and was ended; the worker went on.",
        "theirs",
        "Raise PLUMBLINE_SCAN_MEMORY_MB, or judge one part of the repository by its path.",
        "schedule",
    ),
    Failure(
        "scan.killed",
        "The process that scanned was ended from outside before it could finish.",
        "theirs",
        "The repository may need more memory or time than a worker has.",
        "schedule",
    ),
    Failure(
        "past.killed",
        "The work on past commits was ended from outside before it could finish.",
        "theirs",
        "The repository may need more memory or time than a worker has.",
        "no",
    ),
    Failure(
        "scan.quarantined",
        "The repository ended its scans by force three times and is not scanned any more.",
        "theirs",
        "Mend what the reason names, then a lead of the team releases it.",
        "held",
    ),
    Failure(
        "scan.host-rests",
        "The host asked for a pause, or enough scans are speaking to it already.",
        "network",
        "Nothing: the scan waits for its turn.",
        "minutes",
    ),
    Failure(
        "scan.stopped",
        "The scan was cancelled, or its worker handed it back.",
        "ours",
        "Nothing: a scan that was handed back is taken up by the next worker.",
        "minutes",
    ),
    # What lies in the repository.
    Failure(
        "commit.not-found",
        "The branch, tag or commit is not in the repository.",
        "theirs",
        "Name one that is there, or correct the repository's default branch.",
        "schedule",
    ),
    Failure(
        "path.not-found",
        "The folder to judge is not in the commit.",
        "theirs",
        "Correct the folder in the repository's settings.",
        "schedule",
    ),
    Failure(
        "git.corrupt",
        "Objects of the repository are damaged, also in a mirror that was cloned afresh.",
        "theirs",
        "Run git fsck in the source repository.",
        "schedule",
    ),
    # Showing a file that was judged.
    Failure(
        "mirror.evicted",
        "The copy of the repository is not on this machine: it made room for others, or lies with another worker.",
        "ours",
        "Rescan the repository; what the report quoted is shown meanwhile.",
        "no",
    ),
    Failure(
        "object.missing",
        "The content of a file is missing from the copy of the repository.",
        "ours",
        "Rescan the repository: a copy found damaged is fetched afresh.",
        "schedule",
    ),
    Failure(
        "file.not-found",
        "The commit that was judged holds no file at this path.",
        "theirs",
        "The repository's folder may have changed since; rescan it.",
        "no",
    ),
    Failure(
        "file.too-large",
        "The file is larger than 1 MiB; it is neither read nor shown.",
        "theirs",
        "Look at it on the code host.",
        "no",
    ),
    Failure(
        "file.not-text",
        "The file holds bytes that are no text; it is not shown.",
        "theirs",
        "Look at it on the code host.",
        "no",
    ),
    # This installation.
    Failure(
        "git.failed",
        "git failed in a way that nothing here explains.",
        "ours",
        "The worker's log tells what git said.",
        "schedule",
    ),
    Failure("git.missing", "git is not installed on the worker.", "ours", "Install git.", "schedule"),
    Failure(
        "mirror.busy",
        "Another process has been at work on the mirror for too long.",
        "ours",
        "Try again later; if it stays so, restart the worker.",
        "schedule",
    ),
    Failure(
        "mirror.no-space",
        "The disk of the mirrors is full.",
        "ours",
        "Free space, or lower PLUMBLINE_MIRRORS_MB so that mirrors go sooner.",
        "schedule",
    ),
    Failure(
        "mirror.missing",
        "There is no mirror of a labelled repository.",
        "ours",
        "Clone it with --fetch.",
        "no",
    ),
    Failure(
        "scan.internal",
        "Something went wrong in Plumbline itself.",
        "ours",
        "The worker's log tells more; report it with the error's id.",
        "schedule",
    ),
    # Credentials.
    Failure(
        "credential.none-matches",
        "The host asks for a sign-in, and no credential of the team serves the address.",
        "theirs",
        "A lead of the team adds one; an admin can grant one of another team.",
        "schedule",
    ),
    Failure(
        "credential.expired",
        "The credential that serves the address has expired.",
        "theirs",
        "Replace its secret in the team's settings.",
        "schedule",
    ),
    Failure(
        "credential.sealed",
        "A stored secret cannot be opened with the keys of this installation.",
        "ours",
        "Give back the key it was sealed with, or replace the secret.",
        "schedule",
    ),
    Failure(
        "credential.no-memory-files",
        "The machine cannot hold an ssh key in memory.",
        "ours",
        "Run the workers on Linux.",
        "schedule",
    ),
    Failure(
        "credential.keys-given",
        "The keys for secrets come from the environment, so they are not changed here.",
        "ours",
        "Change PLUMBLINE_CREDENTIAL_KEYS.",
        "no",
    ),
    Failure(
        "credential.grant-refused",
        "A credential of this kind cannot sign in at the address.",
        "theirs",
        "Tokens go to https addresses and keys to ssh addresses.",
        "no",
    ),
    Failure(
        "credential.prefix-refused",
        "The prefixes that a credential serves cannot be used.",
        "theirs",
        "Give addresses that the kind of credential can sign in at, one a line.",
        "no",
    ),
    Failure(
        "credential.host-keys-refused",
        "The host keys cannot be used, or none is of a host that the credential serves.",
        "theirs",
        "Add what ssh-keyscan prints for the host, after comparing it with the host's owner.",
        "no",
    ),
    Failure(
        "credential.key-refused",
        "The ssh key cannot be used.",
        "theirs",
        "Give an unencrypted private key in the form that ssh-keygen writes.",
        "no",
    ),
    Failure(
        "credential.secret-refused",
        "The token cannot be used.",
        "theirs",
        "Give one word of printable characters.",
        "no",
    ),
    Failure(
        "credential.username-refused",
        "The user name of a token cannot be used.",
        "theirs",
        "Leave out colons and control characters.",
        "no",
    ),
    # Push hooks and messages.
    Failure(
        "hook.signature",
        "A push was not signed with the secret of its hook.",
        "theirs",
        "Enter the hook's secret at the forge, or make a new one.",
        "no",
    ),
    Failure(
        "hook.malformed",
        "A push hook's delivery cannot be read.",
        "theirs",
        "Choose JSON as the content type and pushes as the event at the forge.",
        "no",
    ),
    Failure(
        "hook.too-large",
        "A push hook's delivery is larger than 4 MiB.",
        "theirs",
        "Nothing; the schedule finds what was pushed.",
        "no",
    ),
    Failure(
        "notification.address-refused",
        "A webhook's address cannot be used.",
        "theirs",
        "Enter the https address that the chat gives.",
        "no",
    ),
    Failure(
        "notification.private-address",
        "A webhook's address lies in a private network.",
        "theirs",
        "Enter a public one, or have private addresses allowed by PLUMBLINE_ALLOW_PRIVATE_ADDRESSES.",
        "no",
    ),
    Failure(
        "notification.redirected",
        "A webhook's host redirects elsewhere, which is not followed.",
        "theirs",
        "Enter the new address.",
        "no",
    ),
    Failure(
        "notification.refused",
        "A webhook's host did not take the message.",
        "theirs",
        "Check the address; the status of the answer is shown beside the message.",
        "later",
    ),
    Failure(
        "notification.untrusted",
        "A webhook's host could not prove who it is.",
        "theirs",
        "Have its certificate renewed, or known on this machine by SSL_CERT_FILE.",
        "later",
    ),
    Failure(
        "notification.unreachable",
        "A webhook's host did not answer in time.",
        "network",
        "Check the address and the network.",
        "later",
    ),
    Failure(
        "notification.no-address",
        "The webhook was removed before the message went out.",
        "theirs",
        "Enter an address where messages are still wanted.",
        "no",
    ),
    Failure(
        "notification.mail-failed",
        "The mail server did not take a mail.",
        "ours",
        "Check PLUMBLINE_EMAIL_URL and the mail server.",
        "later",
    ),
    Failure(
        "notification.mail-refused",
        "The mail server does not know the address.",
        "theirs",
        "Correct the account's mail address.",
        "no",
    ),
    Failure(
        "notification.interrupted",
        "Sending was interrupted, so nobody knows whether it arrived.",
        "ours",
        "Nothing; it is not sent again, so that nobody gets it twice.",
        "no",
    ),
    Failure(
        "notification.stopped",
        "Its reader stopped this kind of message before it went out.",
        "theirs",
        "Nothing.",
        "no",
    ),
    Failure(
        "notification.internal",
        "Something went wrong in Plumbline itself while a message was sent.",
        "ours",
        "The job worker's log tells more.",
        "later",
    ),
    # Rulesets, plans and what else is asked for.
    Failure(
        "ruleset.invalid",
        "A ruleset does not say what a ruleset must say.",
        "theirs",
        "The message names every place in the document.",
        "no",
    ),
    Failure(
        "ruleset.unreadable", "A ruleset cannot be read as YAML.", "theirs", "Mend the line it names.", "no"
    ),
    Failure("ruleset.unknown", "No ruleset has this name.", "theirs", "Name one of those listed.", "no"),
    Failure(
        "ruleset.standard",
        "The standard inside a ruleset is incomplete.",
        "theirs",
        "Mend what the message names.",
        "no",
    ),
    Failure("ruleset.renamed", "A draft must keep the ruleset's id.", "theirs", "Put the id back.", "no"),
    Failure(
        "ruleset.version-taken",
        "The version has been published already.",
        "theirs",
        "Give the draft a new version.",
        "no",
    ),
    Failure(
        "settings.unparsable",
        "A settings file in the repository cannot be parsed, so it counts as not there.",
        "theirs",
        "Mend the file.",
        "no",
    ),
    Failure(
        "settings.bomb",
        "A settings file unfolds into far more than it holds, so it counts as not there.",
        "theirs",
        "Take the nested references out.",
        "no",
    ),
    Failure(
        "workflow.unparsable",
        "A pipeline's file cannot be parsed, so it counts as not there.",
        "theirs",
        "Mend the file.",
        "no",
    ),
    Failure("plan.end-before-start", "A plan ends before it starts.", "theirs", "Give a later end.", "no"),
    Failure(
        "plan.grade-unknown",
        "A plan aims at a grade that is not in the scale.",
        "theirs",
        "Choose one.",
        "no",
    ),
    Failure(
        "plan.no-grade",
        "There is no grade to plan from.",
        "theirs",
        "Plan once the repository is judged.",
        "no",
    ),
    Failure(
        "plan.no-limit",
        "A plan needs an end, a budget or a grade to aim at.",
        "theirs",
        "Give one of them.",
        "no",
    ),
    Failure("plan.solver-failed", "The plan could not be worked out.", "ours", "Report it.", "no"),
    Failure(
        "plan.solver-time-limit",
        "The plan could not be worked out in time.",
        "ours",
        "Plan fewer repositories at once.",
        "no",
    ),
    Failure(
        "plan.assignee-unknown",
        "The owner of a step does not belong to the team.",
        "theirs",
        "Choose somebody of the team.",
        "no",
    ),
    Failure(
        "plan.capacity-range",
        "A capacity is not above 0 and at most 1,000 person-days per week.",
        "theirs",
        "Give one that is, or none.",
        "no",
    ),
    Failure(
        "plan.changed-meanwhile",
        "Somebody else, or a scan, has changed the plan since the page was loaded.",
        "theirs",
        "Look at how it stands, then change it again.",
        "no",
    ),
    Failure(
        "plan.days-range",
        "The person-days of a plan are not above 0, or absurdly many.",
        "theirs",
        "Give a number that people can work.",
        "no",
    ),
    Failure(
        "plan.due-in-past",
        "A step would be due on a day that has passed.",
        "theirs",
        "Give today or a later day.",
        "no",
    ),
    Failure(
        "plan.due-unreadable",
        "The due date of a step is no date.",
        "theirs",
        "Give it as year-month-day.",
        "no",
    ),
    Failure(
        "plan.end-in-past",
        "A plan would end on a day that has passed.",
        "theirs",
        "Give a later day.",
        "no",
    ),
    Failure(
        "plan.input-refused",
        "What was entered for a plan cannot be used.",
        "theirs",
        "Mend what the message names.",
        "no",
    ),
    Failure(
        "plan.not-judged",
        "Nothing that the plan is for has been judged yet.",
        "theirs",
        "Scan first.",
        "no",
    ),
    Failure(
        "plan.nothing-to-do",
        "No step leads to what the plan is asked for, or none is needed.",
        "theirs",
        "Change the goal.",
        "no",
    ),
    Failure(
        "plan.reason-missing",
        "A step is dropped without a reason.",
        "theirs",
        "Say why.",
        "no",
    ),
    Failure(
        "plan.reason-too-long",
        "A reason has more than 200 characters.",
        "theirs",
        "Shorten it.",
        "no",
    ),
    Failure(
        "plan.start-range",
        "A plan would start more than ten years away.",
        "theirs",
        "Give a nearer day.",
        "no",
    ),
    Failure(
        "plan.state-unknown",
        "A step has no such state.",
        "theirs",
        "Load the page again.",
        "no",
    ),
    Failure(
        "plan.step-unknown",
        "The plan has no such step, or is not the current one any more.",
        "theirs",
        "Load the page again.",
        "no",
    ),
    Failure(
        "export.failed", "The export could not be made.", "ours", "The job worker's log tells more.", "no"
    ),
    Failure(
        "export.no-room",
        "There is no room on the disk for the export.",
        "ours",
        "Make room, then ask again.",
        "no",
    ),
    Failure(
        "export.nothing",
        "There is nothing to export: nothing has been judged yet.",
        "theirs",
        "Scan first.",
        "no",
    ),
    Failure(
        "export.not-yours",
        "Parts of the export may not be seen by who asked for it.",
        "theirs",
        "Ask for it again.",
        "no",
    ),
    Failure(
        "report.unreadable",
        "The file is no report of an assessment.",
        "theirs",
        "Give the output of plumbline assess --format json.",
        "no",
    ),
    Failure("report.no-file", "The file of the report cannot be read.", "theirs", "Check its path.", "no"),
    Failure(
        "export.abandoned",
        "No worker took the export up within six hours, or three workers ended while they made it.",
        "ours",
        "Look whether the job worker lives and has memory enough, then ask for it again.",
        "no",
    ),
    Failure(
        "export.not-queued",
        "The queue of exports did not answer.",
        "ours",
        "Ask for it again once /readyz shows the broker well.",
        "no",
    ),
    # Previews of a draft ruleset.
    Failure(
        "preview.invalid-draft",
        "The draft that is to be previewed has problems, so nothing can be judged by it.",
        "theirs",
        "Mend what is listed, save the draft, then preview it again.",
        "no",
    ),
    Failure(
        "preview.nothing",
        "There is nothing to preview: no repository of it has been judged yet.",
        "theirs",
        "Scan first.",
        "no",
    ),
    Failure(
        "preview.draft-gone",
        "The draft was published or removed before a worker began.",
        "theirs",
        "Start another draft where one is needed.",
        "no",
    ),
    Failure(
        "preview.not-queued",
        "The queue of previews did not answer.",
        "ours",
        "Ask for it again once /readyz shows the broker well.",
        "no",
    ),
    Failure(
        "preview.failed", "The preview could not be made.", "ours", "The job worker's log tells more.", "no"
    ),
    Failure(
        "preview.abandoned",
        "No worker took the preview up within six hours, or five workers ended while they made it.",
        "ours",
        "Look whether the job worker lives and has memory enough, then ask for it again.",
        "no",
    ),
    Failure(
        "preview.killed",
        "Two workers ended while they previewed this repository, so it was left out.",
        "theirs",
        "It may need more memory than the job worker has.",
        "no",
    ),
    Failure(
        "preview.no-mirror",
        "The machine of the job worker has no mirror of the repository.",
        "ours",
        "Scan it by a worker on that machine, or keep mirrors on a volume that all share.",
        "no",
    ),
    Failure(
        "preview.no-commit",
        "The mirror there does not hold the commit that was judged, or not its files.",
        "ours",
        "Scan the repository, then preview again.",
        "no",
    ),
    Failure(
        "preview.gone", "The repository was removed while the preview was made.", "theirs", "Nothing.", "no"
    ),
    # The API and its tokens.
    Failure(
        "token.refused",
        "An API token cannot be made as it was asked for.",
        "theirs",
        "Change what the message names.",
        "no",
    ),
    Failure(
        "token.missing",
        "A request to the API came without a token.",
        "theirs",
        "Send Authorization: Bearer with a token of yours.",
        "no",
    ),
    Failure(
        "token.unknown",
        "The API does not know the token.",
        "theirs",
        "Check that it was copied whole, or make a new one.",
        "no",
    ),
    Failure(
        "token.expired", "The API token has expired.", "theirs", "Make a new one under API tokens.", "no"
    ),
    Failure(
        "token.revoked", "The API token was revoked.", "theirs", "Make a new one under API tokens.", "no"
    ),
    Failure(
        "token.scope",
        "The API token may not do this.",
        "theirs",
        "Make one with the scope that the message names.",
        "no",
    ),
    Failure(
        "api.session-reads",
        "A session of the browser asked the API to change something.",
        "theirs",
        "Use a token; sessions only read.",
        "no",
    ),
    Failure(
        "api.forbidden",
        "The person may not do this.",
        "theirs",
        "Ask a lead of the team or an administrator.",
        "no",
    ),
    Failure(
        "api.not-found",
        "There is nothing at the address, or the person may not see it.",
        "theirs",
        "Check the address and the teams of the token.",
        "no",
    ),
    Failure(
        "api.method",
        "The address does not take the method.",
        "theirs",
        "Use one that the Allow header names.",
        "no",
    ),
    Failure(
        "api.malformed",
        "The body of the request is no JSON.",
        "theirs",
        "Send one JSON object as application/json.",
        "no",
    ),
    Failure(
        "api.invalid",
        "A parameter or field of the request is not valid.",
        "theirs",
        "Change what the message names.",
        "no",
    ),
    Failure("api.too-large", "The body of the request is too large.", "theirs", "Send less.", "no"),
    Failure(
        "api.rate-limited",
        "The token has asked too often.",
        "theirs",
        "Wait as long as the Retry-After header says.",
        "no",
    ),
    Failure(
        "api.internal",
        "The API failed while it answered.",
        "ours",
        "The log of the web process tells more.",
        "no",
    ),
    Failure(
        "repository.not-judged",
        "The repository has not been judged by this ruleset.",
        "theirs",
        "Wait for its first scan, or ask for one.",
        "no",
    ),
    Failure(
        "repository.archived",
        "The repository is archived, so it is scanned no more.",
        "theirs",
        "Restore it in its settings first.",
        "no",
    ),
    Failure(
        "scan.ended",
        "The scan had ended before it could be cancelled.",
        "theirs",
        "Ask for another one if it is needed.",
        "no",
    ),
    Failure(
        "export.ended",
        "The export had ended before it could be cancelled.",
        "theirs",
        "Ask for another one if it is needed.",
        "no",
    ),
    Failure(
        "export.not-ready",
        "The file of the export is not there: it is being made, failed, or its time is over.",
        "theirs",
        "Look at the state of the export; ask for another where it has ended.",
        "no",
    ),
    # Settings, and undo.
    Failure(
        "settings.changed-meanwhile",
        "Somebody else saved the settings while they were edited.",
        "theirs",
        "Compare with what is saved now, which stands beside the form, then save again.",
        "no",
    ),
    Failure(
        "settings.folder-taken",
        "Another repository stands for this folder of the same address.",
        "theirs",
        "Choose another folder, or use that repository; it may be archived.",
        "no",
    ),
    Failure(
        "undo.not-valid",
        "What is to be undone is not known, is somebody else's, or was done more than an hour ago.",
        "theirs",
        "Change it by hand.",
        "no",
    ),
    Failure(
        "undo.too-late",
        "What is to be undone has changed since, or may not be changed by this person any more.",
        "theirs",
        "Look at it as it is now, and change it by hand.",
        "no",
    ),
    # The past of a repository.
    Failure(
        "past.internal",
        "Something went wrong in Plumbline itself while it worked on the past.",
        "ours",
        "The worker's log tells more.",
        "no",
    ),
    Failure(
        "backfill.interval-unknown",
        "A backfill by an interval that does not exist.",
        "theirs",
        "Choose month, week or release.",
        "no",
    ),
    Failure(
        "backfill.months",
        "A backfill covers 1 to 120 months.",
        "theirs",
        "Give another number.",
        "no",
    ),
    Failure(
        "backfill.not-judged",
        "A backfill of a repository that has not been judged yet.",
        "theirs",
        "Scan it first.",
        "no",
    ),
    Failure(
        "backfill.killed",
        "A worker was stopped twice while it judged a commit of the past, so the commit was left out.",
        "theirs",
        "Nothing, or give workers more memory.",
        "no",
    ),
    Failure(
        "backfill.what",
        "The command names no repository.",
        "theirs",
        "Name repositories, or give --all.",
        "no",
    ),
    Failure(
        "backfill.unknown",
        "The command names a repository that does not exist.",
        "theirs",
        "Give the last part of its address.",
        "no",
    ),
    Failure(
        "backfill.failed",
        "Some backfills could not be done.",
        "theirs",
        "The lines above say which and why.",
        "no",
    ),
    Failure(
        "item.unknown",
        "The command names an item that the ruleset does not have.",
        "theirs",
        "plumbline assess SOURCE --format json lists them all.",
        "no",
    ),
    Failure(
        "origin.budget",
        "The search for commits took longer than it may.",
        "theirs",
        "Ask again: what was found is kept.",
        "no",
    ),
    Failure("schedule.refused", "The schedule cannot be used.", "theirs", "Mend what it names.", "no"),
    Failure(
        "labels.none", "There are no label files in the folder.", "theirs", "Name a folder with some.", "no"
    ),
    Failure("labels.unreadable", "A label file cannot be read.", "theirs", "Mend the file.", "no"),
    Failure("grade.unknown", "No grade has this letter.", "theirs", "Name one of the scale.", "no"),
    Failure("grade.none", "Too little is known for a grade.", "theirs", "See what could not be read.", "no"),
    Failure(
        "settings.invalid",
        "A variable of the environment cannot be used, so nothing starts.",
        "ours",
        "The message names the variable.",
        "no",
    ),
    Failure(
        "health.silent",
        "A worker or the scheduler of this machine does not answer its health check.",
        "ours",
        "See its log; a container that stays so is restarted.",
        "no",
    ),
    Failure(
        "rescan.nothing-named", "A rescan was asked for without naming anything.", "theirs", "Name it.", "no"
    ),
    Failure("rescan.unknown", "Nothing has the name that was given.", "theirs", "Name what is there.", "no"),
    Failure("up.no-port", "No port is free.", "ours", "Name one with --port.", "no"),
    Failure(
        "up.running",
        "Plumbline runs already on the data folder.",
        "ours",
        "Set PLUMBLINE_DATA_DIR for a second one.",
        "no",
    ),
    Failure("up.no-broker", "The embedded broker does not start.", "ours", "See its log.", "no"),
    # Searching and saved views.
    Failure(
        "search.too-long",
        "Only the first 100 characters were searched for.",
        "theirs",
        "Search for a few words of the name.",
        "no",
    ),
    Failure(
        "view.name-taken",
        "There is a saved view of that name already.",
        "theirs",
        "Choose another name, or delete that one.",
        "no",
    ),
    Failure(
        "view.outdated",
        "A saved view asks for a filter, value or column that is not there any more.",
        "theirs",
        "The rest is shown; save it again under its name once the old one is deleted.",
        "no",
    ),
    Failure(
        "view.too-many",
        "A person keeps as many saved views as they may.",
        "theirs",
        "Delete one that is not needed any more.",
        "no",
    ),
)
FAILURES = {failure.id: failure for failure in _TABLE}

_WHOSE_FAULT: dict[Fault, Whose] = {
    "request": "theirs",
    "repository": "theirs",
    "credential": "theirs",
    "network": "network",
    "ours": "ours",
}

UNREACHABLE_AFTER = 5
"""Scans in a row that found no repository at the address, after which it counts as unreachable."""

UNREACHABLE_IDS = frozenset(
    {
        "source.unreachable",
        "source.not-a-repository",
        "source.auth-failed",
        "source.url-refused",
        "source.private-address",
        "source.host-key-mismatch",
        "credential.none-matches",
    }
)
"""What a deleted, moved or closed repository looks like from outside; many hosts do not tell these apart."""

KILLING_IDS = frozenset({"scan.memory-limit", "scan.time-limit", "scan.killed"})
"""Scans that had to be ended by force."""


def explain(id: str, fault: str = "") -> Failure:
    """The entry of ``id``; ``fault``, as it was recorded, decides whose it is where an id has several causes.

    An id that nobody knows any more, from an older version, is explained as our own.
    """
    known = FAILURES.get(id) or Failure(
        id, "An error of an earlier version.", "ours", "Rescan to see whether it still holds.", "schedule"
    )
    whose = next((said for name, said in _WHOSE_FAULT.items() if name == fault), known.whose)
    if whose == known.whose:
        return known
    again: Again = "schedule" if known.again == "minutes" and whose != "network" else known.again
    return Failure(known.id, known.says, whose, known.todo, again)


def as_markdown(failures: Iterable[Failure] = _TABLE) -> str:
    """The page of all errors, by id."""
    lines = [
        "# Errors",
        "",
        "<!-- Written by `python -m assessments.failures`. -->",
        "",
        "Every error has an id that does not change. Pages, the API, the command line and the log show it.",
        "While a scan fails, the last known verdicts stand and are marked stale.",
        "",
        "| id | what it says | whose fault | what to do | tried again |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{one.id}` | {one.says} | {one.whose_fault} | {one.todo} | {one.tried_again} |"
        for one in sorted(failures, key=lambda one: one.id)
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(as_markdown(), end="")
