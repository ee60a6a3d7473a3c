"""What people are told, before it becomes a mail or a webhook's body. Pure, and free of any secret."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

_MAX_TEXT = 2900
"""Slack takes 3,000 characters in one block."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list; ``url`` is absolute, or empty."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """``lead`` says in a sentence or two what happened; ``url`` is where the rest is, ``action`` says what is there."""

    subject: str
    lead: str
    sections: tuple[Section, ...]
    url: str
    action: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def message_of(content: Mapping[str, Any]) -> Message:
    """The message that ``as_dict`` put into JSON."""
    sections = tuple(
        Section(one["title"], tuple(Line(**line) for line in one["lines"])) for one in content["sections"]
    )
    return Message(**{**content, "sections": sections})


def slack_payload(message: Message) -> dict[str, Any]:
    """The message as Slack, Mattermost and their like read it: a plain text, and the same in blocks."""
    body = [f"*{_escaped(message.subject)}*", _escaped(message.lead)]
    for section in message.sections:
        body.append(f"\n*{_escaped(section.title)}*")
        body += [f"• {_linked(line)}" for line in section.lines]
    body.append(f"\n<{message.url}|{_escaped(message.action)}>")
    return {
        "text": f"{message.subject}\n{message.lead}\n{message.url}",
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": _cut(body)}}],
    }


def _cut(lines: Sequence[str]) -> str:
    """The lines as far as they fit whole; the last, which links to the rest, always does."""
    *before, last = lines
    kept: list[str] = []
    left = _MAX_TEXT - len(last)
    for line in before:
        if left < len(line) + 1:
            kept.append("…")
            break
        kept.append(line)
        left -= len(line) + 1
    return "\n".join((*kept, last))


def _linked(line: Line) -> str:
    return f"<{line.url}|{_escaped(line.text)}>" if line.url else _escaped(line.text)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
