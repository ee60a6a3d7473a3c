"""In how many of the packages that hold logic a logger is called."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from scanners.comments import in_comment
from scanners.detectors.base import Facts
from scanners.facts import Answer, Evidence
from scanners.languages import language_of
from scanners.lazy import lazy_re2

if TYPE_CHECKING:
    from scanners.view import TreeView

_LEVELS = rb"(?:trace|debug|info|information|notice|warn|warning|error|exception|critical|fatal|panic|alert|emergency)"
_CALLS = {
    "python": rb"\b(?i:_*log(?:ger|ging)?|get_?logger\([^()\n]*\))\.(?:" + _LEVELS + rb"|log|bind|msg)\(",
    "javascript": rb"\b(?:this\.)?_?(?:log(?:ger)?|winston|pino|Logger|fastify\.log|req(?:uest)?\.log|server\.log|ctx\.log(?:ger)?|app\.log|bunyan)\.(?:" + _LEVELS + rb"|log|verbose|http|silly)\(",
    "go": rb"\b(?:log|slog|logger|logrus|zap|zerolog|klog|glog|l|lg|s\.log(?:ger)?|h\.log(?:ger)?|r\.l|\w+\.(?:l|log|logger|Log|Logger)|sugar)(?:\(\))?\.(?:Print|Trace|Debug|Info|Warn|Warning|Error|Fatal|Panic|Log|With|Err|V\()",
    "java": rb"\b(?i:log|logger|_log)\.(?:" + _LEVELS + rb"|at\w+|fine|severe|config)\s*(?:\(|\{)|\bLog\.(?:info|debug|warn|error)f?\(",
    "ruby": rb"(?:\blog(?:ger)?|Rails\.logger|@logger|LOGGER|SemanticLogger\[\w+\])\.(?:" + _LEVELS + rb"|tagged)\b",
    "php": rb"\bLog::|\blogger\(|->log(?:ger)?(?:\(\))?->|\$(?:this->)?_?log(?:ger)?->|\breport\(\$|error_log\(",
    "csharp": rb"(?i:_?log(?:ger)?)\.(?:Log(?:Trace|Debug|Information|Warning|Error|Critical)?\(|Information\(|Warning\(|Error\(|Debug\(|Fatal\(|Verbose\()|\[LoggerMessage|\bLog\.(?:Information|Warning|Error|Debug|Fatal)\(",
    "rust": rb"\b(?:tracing|log|slog)::(?:trace|debug|info|warn|error|instrument)|\b(?:trace|debug|info|warn|error|log|info_span|debug_span)!\s*[\(\[{]|#\[(?:tracing::)?instrument",
    "elixir": rb"\bLogger\.(?:debug|info|notice|warn|warning|error|critical|log)\b",
}  # fmt: skip
_SAME = {"typescript": "javascript", "tsx": "javascript", "kotlin": "java", "groovy": "java", "scala": "java"}
_PATTERNS = {name: lazy_re2(pattern) for name, pattern in _CALLS.items()}
_SERVER = frozenset(
    ["python", "go", "java", "kotlin", "groovy", "scala", "ruby", "php", "csharp", "rust", "elixir"]
)
_WITHOUT_LOGIC = lazy_re2(
    r"(?i)(^|/)(migrations?|migrate|versions|models?|entit(y|ies)|dtos?|schemas?|types?|interfaces?|constants?|config|settings|"
    r"enums?|exceptions?|errors?|locales?|i18n|lang|resources|routes|validators?|seeds?|seeders|factories|database|"
    r"bootstrap|public|static|scripts?|assets|styles?|views|templates|components|pages|hooks|store|migrations/.*)$",
)
MIN_LINES = 20
"""A folder whose files have fewer lines of code than this holds no logic worth logging."""


class LoggerSpread:
    """Facts: [calls, first line]. ``value`` is the share of packages with logic that call a logger (0 to 1)."""

    name = "logger-spread"
    version = 3
    languages = frozenset([*_CALLS, *_SAME])
    roles = frozenset(["source"])
    gate = r"(?i)\b_*log|slog|zap|winston|pino|#\[(tracing::)?instrument|(info|debug|warn|error|trace|instrument)(!|\()|report\("

    def observe(self, data: bytes, language: str) -> Any | None:
        pattern = _PATTERNS[_SAME.get(language, language)]
        found = [
            m.start() for m in pattern.finditer(data) if not in_comment(data, m.start(), language)
        ]  # fmt: skip
        return [len(found), data.count(b"\n", 0, found[0]) + 1] if found else None

    def decide(self, facts: Facts, view: "TreeView") -> Answer:
        calls = {path: fact for path, fact in facts}
        lines: dict[str, int] = defaultdict(int)
        packages: dict[str, list[str]] = defaultdict(list)
        sources = [(path, fact[0]) for path, fact in view.facts("source-lines")]
        for path, count in sources:
            lines[language_of(path)] += count
        total = sum(count for name, count in lines.items() if name in self.languages) or 1
        server_side = sum(lines[name] for name in _SERVER) / total >= 0.2
        for path, count in sources:
            language = language_of(path)
            if language not in self.languages or (server_side and language not in _SERVER):
                continue
            folder = path.rpartition("/")[0]
            lines[f"/{folder}"] += count
            packages[folder].append(path)
        with_logic = [f for f in packages if lines[f"/{f}"] >= MIN_LINES and not _WITHOUT_LOGIC.search(f)]
        logged = {path.rpartition("/")[0] for path in calls}
        folders = with_logic or list(packages)
        value = sum(f in logged for f in folders) / len(folders) if folders else None
        best = sorted(calls, key=lambda path: -calls[path][0])[:5]
        evidence = tuple(Evidence(path, calls[path][1], note=f"{calls[path][0]} calls") for path in best)
        return Answer(evidence, count=sum(fact[0] for fact in calls.values()), files=len(calls), value=value)
