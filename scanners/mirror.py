"""A bounded bare mirror of one source, kept in a folder of ours. A source goes in, commit ids come out.

A remote is cloned aside and put in place whole; a local folder is borrowed from (``scanners.localgit``).
``scanners.tree`` reads what a mirror holds.
"""

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from scanners.digests import sha256
from scanners.errors import LimitError, ObjectError, SourceError
from scanners.git import GitFailed, run_git, with_config
from scanners.held import all_refs, borrowed_refs, detached_head, head_branch, is_sound
from scanners.localgit import borrow, find_local
from scanners.source_url import Credential, Source, parse_source, with_credential
from scanners.tree import commit_not_found, read_committed_at
from scanners.upkeep import clear_leftovers, folder_bytes, in_use, is_whole, lock_file, repack, tidy
from scanners.values import dataclass

if TYPE_CHECKING:
    from scanners.partial import Look
    from scanners.remote import Listing, Progress, Remote
    from scanners.transport import Watch

REFSPECS = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
_MANY_PACKS = 40
_DAMAGE = ("git.corrupt", "git.failed")
_REVISION = re.compile(r"[\w./@+#=%][\w./@+#=%-]{0,250}(?:[~^]\d{0,5}){0,5}")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a remote is taken on. Bytes are those of the mirror on disk."""

    max_bytes: int = 4 << 30
    clone_seconds: float = 900.0
    fetch_seconds: float = 300.0
    listing_seconds: float = 45.0
    lock_seconds: float = 900.0
    partial: bool = True
    """Whether contents that nobody asked for are left out, where the host serves that."""


class Mirror:
    """A bare repository of ours at ``path``, holding what ``source`` held at its last update."""

    def __init__(
        self,
        source: Source,
        path: Path,
        limits: Limits,
        remote: "Remote | None",
        progress: "Progress | None" = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.source = source
        self.path = path
        self._limits = limits
        self._remote = remote
        self._progress = progress
        self._stopped = stopped
        self._fresh = False

    def head(self) -> str:
        """The commit that HEAD names. Raises SourceError (source.empty) where there is no commit yet."""
        known = self.heads().get(self.default_branch, "") if self.default_branch else ""
        # Reading the commit tells of one that a local repository lacks.
        if known and (self._remote is None or is_sound(self.path)):
            return known
        try:
            return self.resolve("HEAD")
        except ObjectError as error:
            if not self.heads():
                raise SourceError(
                    "source.empty",
                    f"The repository {self.source.name} has no commits yet.",
                    hint="Push a first commit.",
                    fault="repository",
                ) from error
            raise ObjectError(
                "commit.not-found",
                f"The default branch {self.default_branch!r} has no commit.",
                hint="Name a branch or commit, or correct the repository's default branch.",
                fault="repository",
            ) from error

    def resolve(self, revision: str) -> str:
        """The id of the commit that an id, branch or tag names. Raises ObjectError (commit.not-found)."""
        if not _REVISION.fullmatch(revision) or ".." in revision or "@{" in revision:
            raise commit_not_found(revision)
        try:
            found = run_git(["rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"], repo=self.path)
        except GitFailed as error:
            raise commit_not_found(revision) from error
        return found.decode("ascii", "replace").strip()

    @property
    def default_branch(self) -> str:
        """The branch that HEAD names, "" where it names a commit."""
        return head_branch(self.path)

    def heads(self) -> dict[str, str]:
        """The commit of every branch, by the branch's name."""
        refs = all_refs(self.path)
        return {n.removeprefix("refs/heads/"): v for n, v in refs.items() if n.startswith("refs/heads/")}

    def committed_at(self, commit: str) -> datetime:
        """When ``commit`` was committed, in UTC."""
        return read_committed_at(self.path, commit)

    @property
    def moved_to(self) -> str:
        """The address that the host sent us on to, "" where it serves the repository itself."""
        if self._remote is None or self._remote.source.canonical == self.source.canonical:
            return ""
        return self._remote.source.url

    def in_use(self) -> AbstractContextManager[None]:
        """Keeps the mirror from being removed while the block reads it."""
        return in_use(self.path)

    def remote_head(self) -> str:
        """The commit the source's HEAD names now, "" where it is empty; the mirror stays as it is."""
        if self._remote is not None:
            return self._remote.listing(timeout=self._limits.listing_seconds, only_head=True).head
        import tempfile

        repository = find_local(Path(self.source.url))
        with tempfile.TemporaryDirectory(dir=self.path.parent, prefix=".look-") as aside:
            borrow(repository, Path(aside))
            try:
                return Mirror(self.source, Path(aside), self._limits, None).resolve("HEAD")
            except ObjectError:
                return ""

    def update(self) -> bool:
        """Bring the mirror up to date; True where anything moved, or the mirror has just been made.

        A failure leaves the mirror as it was. Raises SourceError or LimitError.
        """
        if self._fresh:
            self._fresh = False
            return True
        with _locked(self.path, self._limits):
            if self._remote is None:
                borrowed = borrowed_refs(self.path)
                borrow(find_local(Path(self.source.url)), self.path)
                return borrowed != borrowed_refs(self.path)
            clear_leftovers(self.path)
            tidy(self.path, seconds=self._limits.fetch_seconds)
            before = (head_branch(self.path), all_refs(self.path))
            listing = self._remote.listing(timeout=self._limits.listing_seconds)
            head_moved = before[0] != listing.default_branch or (
                not listing.default_branch and listing.head != detached_head(self.path)
            )
            if listing.refs == before[1] and not head_moved:
                return False
            self._fetch(listing)
            self._tidy()
            return before != (head_branch(self.path), all_refs(self.path))

    def absent(self, commits: Iterable[str], root: str = "") -> tuple[str, ...]:
        """The ids of the objects to fetch before the folder ``root`` of ``commits`` can be judged.

        Empty for a mirror that was cloned whole: what that lacks is lost. Raises LimitError.
        """
        if self._remote is None:
            return ()
        from scanners import partial

        return partial.look(self.path, commits, root).absent if partial.is_partial(self.path) else ()

    def fill(self, commits: Sequence[str], root: str = "") -> frozenset[str]:
        """Fetch what judging the folder ``root`` of ``commits`` needs, in one batch; the ids that the host lacks.

        Where the host gives no single objects, the mirror is cloned anew as a whole one. Raises SourceError,
        LimitError; what was there before stays.
        """
        if self._remote is None:
            return frozenset()
        from scanners import partial
        from scanners.transport import too_large

        if not partial.is_partial(self.path):
            return frozenset()
        packs = self.path / "objects/pack"
        with _locked(self.path, self._limits):
            found = partial.look(self.path, commits, root)
            if not found.absent:
                return frozenset()
            held = set(packs.iterdir())
            try:
                if len(found.absent) > found.present:
                    found = self._fetch_folders(commits, root)
                lacking = partial.in_batches(found.absent, self._fetch_objects)
            except partial.RefusedError:
                self._clone(whole=True)
                return frozenset()
            finally:
                self._clear_partly_fetched()
            if folder_bytes(self.path) > self._limits.max_bytes:
                for place in set(packs.iterdir()) - held:
                    place.unlink()
                raise too_large(self._limits.max_bytes)
            return lacking

    def _fetch_folders(self, commits: Sequence[str], root: str) -> "Look":
        """Fetches whole folders without what is too large to be read; what there is to fetch one by one after that.

        That needs no list of what they hold, and large files stay where they are; what the mirror has comes again.
        """
        from scanners import partial

        try:
            self._fetch_objects(partial.folders(self.path, commits, root), partial.SMALL)
        except (GitFailed, SourceError) as error:
            if error.id not in _DAMAGE:
                raise
            # The host declined, which some do by breaking off; it may yet give what is asked for by name.
            return partial.look(self.path, commits, root)
        partial.settle_large(self.path, commits, root)
        return partial.Look()

    def _fetch_objects(self, ids: Sequence[str], filter: str = "") -> None:
        from scanners import partial, transport

        assert self._remote is not None
        refused: list[GitFailed] = []

        def fetch(url: str, env: dict[str, str]) -> None:
            watch = self._watch(self.path, "fetch", self._limits.fetch_seconds)
            promise = partial.promising(self.path, url, filter or partial.FILTER)
            config = (*promise, ("fetch.negotiationAlgorithm", "noop"))
            try:
                transport.fetch_objects(
                    url,
                    self.path,
                    ids,
                    env=with_config(env, config),
                    watch=watch,
                    remote=partial.NAME,
                    anew=bool(filter),
                    progress=self._progress,
                )
            except GitFailed as error:
                if not partial.is_refusal(error):
                    raise
                refused.append(error)

        self._remote.attempt(fetch)
        if refused:
            raise refused[0]

    def rebuild(self) -> None:
        """Clone anew, for a mirror found damaged; the old one goes when the new one is whole."""
        if self._remote is not None:
            with _locked(self.path, self._limits):
                self._clone()

    def _watch(self, folder: Path, command: str, seconds: float) -> "Watch":
        from scanners.transport import Watch

        return Watch(
            folder,
            max_bytes=self._limits.max_bytes,
            seconds=seconds,
            command=command,
            stopped=self._stopped,
        )

    def _clone(self, *, whole: bool = False) -> None:
        import shutil
        import tempfile

        from scanners import partial, transport

        assert self._remote is not None
        parent = self.path.parent
        refused = whole or partial.must_be_whole(self.path)
        left_out = partial.FILTER if self._limits.partial and not refused else ""
        for left in parent.glob(f".clone-{self.path.name}-*"):
            shutil.rmtree(left, ignore_errors=True)
        aside = Path(tempfile.mkdtemp(dir=parent, prefix=f".clone-{self.path.name}-"))
        try:

            def clone(url: str, env: dict[str, str]) -> None:
                new = aside / "new"
                for filter in dict.fromkeys((left_out, "")):
                    watch = self._watch(aside, "clone", self._limits.clone_seconds)
                    try:
                        filtered = transport.clone(
                            url, new, env=env, watch=watch, progress=self._progress, filter=filter
                        )
                        break
                    except GitFailed as error:
                        if not filter or not partial.is_refusal(error):
                            raise
                        shutil.rmtree(new, ignore_errors=True)
                partial.settle(new, partial=filtered, refused=refused)

            self._remote.attempt(clone)
            if folder_bytes(aside) > self._limits.max_bytes:
                raise transport.too_large(self._limits.max_bytes)
            if self.path.exists():
                os.rename(self.path, aside / "old")
            os.rename(aside / "new", self.path)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        self._fresh = True

    def _fetch(self, listing: "Listing") -> None:
        from scanners import partial, transport

        assert self._remote is not None

        def fetch(url: str, env: dict[str, str]) -> None:
            watch = self._watch(self.path, "fetch", self._limits.fetch_seconds)
            config = partial.promising(self.path, url)
            transport.fetch(
                url,
                self.path,
                REFSPECS,
                env=with_config(env, config),
                watch=watch,
                progress=self._progress,
                remote=partial.NAME if config else "",
            )

        try:
            self._remote.attempt(fetch)
            if listing.default_branch:
                run_git(["symbolic-ref", "HEAD", f"refs/heads/{listing.default_branch}"], repo=self.path)
            elif listing.head:
                run_git(["update-ref", "--no-deref", "HEAD", listing.head], repo=self.path)
        except (SourceError, GitFailed) as error:
            if is_sound(self.path) and (error.id not in _DAMAGE or is_whole(self.path)):
                raise
            self._clone()
        finally:
            self._clear_partly_fetched()

    def _clear_partly_fetched(self) -> None:
        for left in (self.path / "objects/pack").glob("tmp_*"):
            left.unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Gather many packs into one."""
        if sum(1 for _ in (self.path / "objects/pack").glob("*.pack")) <= _MANY_PACKS:
            return
        try:
            repack(self.path, seconds=self._limits.fetch_seconds)
        except (GitFailed, LimitError):
            return


def open_source(
    source: str | Source,
    *,
    cache_dir: Path,
    limits: Limits | None = None,
    allow_private: bool = False,
    credential: Credential | None = None,
    progress: "Progress | None" = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Mirror:
    """The mirror of ``source`` below ``cache_dir``, cloned if it is not there yet or is damaged.

    An existing mirror is opened as it is, without the network; ``update`` brings it up to date. Raises
    SourceError or LimitError, and then leaves nothing behind.
    """
    parsed = parse_source(source) if isinstance(source, str) else source
    parsed = with_credential(parsed, credential)
    limits = limits or Limits()
    cache_dir = cache_dir.absolute()
    path = cache_dir / mirror_name(parsed)
    if parsed.kind == "local":
        repository = find_local(Path(parsed.url))
        cache_dir.mkdir(parents=True, exist_ok=True)
        with _locked(path, limits):
            borrow(repository, path)
        return Mirror(parsed, path, limits, None)
    from scanners.remote import Remote  # here, because a local source has no need of the network

    mirror = Mirror(parsed, path, limits, Remote(parsed, allow_private=allow_private), progress, stopped)
    cache_dir.mkdir(parents=True, exist_ok=True)
    with _locked(path, limits):
        if not is_sound(path):
            mirror._clone()
    return mirror


def mirror_name(source: Source) -> str:
    """The folder name of a source's mirror: readable, and different for different sources."""
    digest = sha256(os.fsencode(source.canonical)).hexdigest()[:16]
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", source.name).strip("-.")[:60]
    return f"{readable or 'source'}-{digest}.git"


def _is_at(place: Path, file: IO[str]) -> bool:
    """True where the open file is still the one at ``place``."""
    try:
        return os.path.samestat(place.stat(), os.fstat(file.fileno()))
    except OSError:
        return False


@contextmanager
def _locked(path: Path, limits: Limits) -> Iterator[None]:
    """Hold the one lock on the mirror at ``path`` among all processes of this machine."""
    deadline = time.monotonic() + limits.lock_seconds
    with ExitStack() as stack:
        while True:
            file = stack.enter_context(open(lock_file(path), "a"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_at(lock_file(path), file):
                    break
                file.close()  # the file was swept meanwhile: its lock holds nobody off
            except BlockingIOError:
                file.close()
                if time.monotonic() > deadline:
                    raise LimitError(
                        "mirror.busy",
                        "Another process has been at work on this mirror for too long.",
                        hint="Try again later.",
                        fault="ours",
                        retry=True,
                    ) from None
                time.sleep(0.1)
        yield
