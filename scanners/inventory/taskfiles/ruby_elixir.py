"""Rakefiles and the aliases of a mix.exs, by text."""

import re

from scanners.lazy import lazy_re

_TASK = lazy_re(
    r"^[ \t]*(?:multitask|task|(?:RSpec::Core::Rake|Rake::Test|RuboCop::Rake)Task\.new)\s*+\(?[ \t]*+"
    r"(?:[:\"'](?P<symbol>\w[\w:]*)[\"']?|(?P<key>\w+):)?(?P<rest>[^\n]*)",
    re.MULTILINE,
)
_SHELL = lazy_re(r"\b(?:sh|system|ruby|exec)\s*\(?\s*[\"']([^\"'\n]+)[\"']")
_ALIAS = lazy_re(r"(?<![\w.])([\w.]++)[\"']?:\s*+(\[[^\]]*\]|\"[^\"\n]*\")|\"([\w.]+)\"\s*=>\s*(\[[^\]]*\])")
_LITERAL = lazy_re(r"\"([^\"\n]+)\"")
_NATIVE = {"RSpec": ("spec", "rspec"), "Rake:": ("test", "ruby -Itest"), "RuboC": ("rubocop", "rubocop")}


def rake_tasks(text: str) -> dict[str, str]:
    """Tasks of a Rakefile, prerequisites as ``rake`` calls; ``default`` also under an empty name."""
    out: dict[str, list[str]] = {}
    found = list(_TASK.finditer(text))
    for index, match in enumerate(found):
        native = next((value for head, value in _NATIVE.items() if match[0].lstrip().startswith(head)), None)
        name = match["symbol"] or match["key"] or (native[0] if native else "")
        if not name:
            continue
        lines = out.setdefault(name, [])
        if native:
            lines.append(native[1])
        rest = match["rest"]
        if match["key"] or "=>" in rest:
            wanted = rest.partition("=>")[2] if "=>" in rest else rest
            lines += [
                f"rake {n}" for n in re.findall(r"(?:[:\"']|(?<=[\[ ]))(\w[\w:]*)", wanted.split(" do")[0])
            ]
        end = found[index + 1].start() if index + 1 < len(found) else len(text)
        lines += [call[1] for call in _SHELL.finditer(text[match.start("rest") : end])]
        lines += [
            f"rake {n}" for n in re.findall(r"Rake::Task\[[:\"'](\w[\w:]*)", text[match.start("rest") : end])
        ]
    tasks = {name: "\n".join(lines) for name, lines in out.items()}
    if "default" in tasks:
        tasks[""] = tasks["default"]
    return tasks


def mix_tasks(text: str) -> dict[str, str]:
    """Aliases of a mix.exs, each step as a ``mix`` call."""
    start = re.search(r"defp?\s+aliases\b", text)
    if start is None:
        return {}
    body = text[start.end() :]
    stop = re.search(r"^\s{0,2}end\b", body, re.MULTILINE)
    body = body[: stop.start()] if stop else body
    out = {}
    for match in _ALIAS.finditer(body):
        steps = _LITERAL.findall(match[2] or match[4])
        out[match[1] or match[3]] = "\n".join(s[4:] if s.startswith("cmd ") else f"mix {s}" for s in steps)
    return out
