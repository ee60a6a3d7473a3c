"""Addresses on a code host: of a repository, a commit, and a line of a file. Free of Django."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_PATTERNS = {
    "github": ("/commit/{commit}", "/blob/{commit}/{path}", "#L{line}"),
    "gitlab": ("/-/commit/{commit}", "/-/blob/{commit}/{path}", "#L{line}"),
    "bitbucket": ("/commits/{commit}", "/src/{commit}/{path}", "#lines-{line}"),
    "gitea": ("/commit/{commit}", "/src/commit/{commit}/{path}", "#L{line}"),
}
_COMPARISONS = {
    "github": "/compare/{old}...{new}",
    "gitlab": "/-/compare/{old}...{new}",
    "bitbucket": "/branches/compare/{new}..{old}#diff",
    "gitea": "/compare/{old}...{new}",
}
_HOSTS = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "bitbucket.org": "bitbucket",
    "codeberg.org": "gitea",
    "gitea.com": "gitea",
}
_WORDS = ("github", "gitlab", "bitbucket", "gitea", "forgejo")


@dataclass(frozen=True, slots=True)
class Forge:
    """The pages of one repository. ``base`` is empty where its address belongs to no known kind of host."""

    kind: str
    base: str

    def commit(self, commit: str) -> str:
        """The page of a commit, or ""."""
        return self.base + _PATTERNS[self.kind][0].format(commit=commit) if self.base else ""

    def compare(self, old: str, new: str) -> str:
        """The page of what lies between two commits, or ""."""
        return self.base + _COMPARISONS[self.kind].format(old=old, new=new) if self.base else ""

    def line(self, commit: str, path: str, line: int) -> str:
        """The page of a file at a commit, at a line where it is not 0; or ""."""
        if not self.base:
            return ""
        _, blob, anchor = _PATTERNS[self.kind]
        address = self.base + blob.format(commit=commit, path=quote(path.encode("utf-8", "surrogateescape")))
        return address + anchor.format(line=line) if line else address


NOWHERE = Forge("github", "")


def forge_of(url: str) -> Forge:
    """The forge that serves ``url`` (https, ssh or scp form); NOWHERE for local paths and unknown hosts."""
    if url.startswith("/"):
        return NOWHERE
    if "://" not in url and ":" in url:
        host, _, path = url.rpartition("@")[2].partition(":")
    else:
        parts = urlsplit(url)
        host, path = parts.hostname or "", parts.path
        if parts.scheme in ("http", "https") and parts.port:
            host = f"{host}:{parts.port}"
    name = host.partition(":")[0].lower()
    kind = _HOSTS.get(name) or next((word for word in _WORDS if word in name), "")
    place = path.strip("/").removesuffix(".git")
    if not kind or "/" not in place:
        return NOWHERE
    return Forge("gitea" if kind == "forgejo" else kind, f"https://{host}/{quote(place)}")
