"""The accuracy figures as text for a terminal."""

from collections.abc import Sequence

from assessments.accuracy import Accuracy, Comparison, Figures


def render_accuracy(measured: Accuracy, *, only: Sequence[str] = (), brief: bool = False) -> str:
    """Totals, tables by repository, stack, area and item, then the confusions with both sides' evidence."""
    lines = [_row("all", measured.overall())]
    share = measured.profile_right / measured.profile_total if measured.profile_total else 0
    lines.append(f"profile fields right: {measured.profile_right} of {measured.profile_total} ({share:.3f})")
    lines += [f"  {error}" for error in measured.profile_errors]
    lines += [f"not judged: {problem}" for problem in measured.missing]
    tables = (
        ("repository", measured.by_repository()),
        ("stack", measured.by_stack()),
        ("area", measured.by_area()),
    )
    for title, table in tables:
        lines += ["", f"by {title}"] + [_row(name, one) for name, one in table.items()]
    if brief:
        return "\n".join(lines) + "\n"
    lines += ["", "items below 1"]
    lines += [
        _row(name, one)
        for name, one in measured.by_item().items()
        if one.agreement is not None and one.agreement < 1
    ]
    lines += ["", "confusions"]
    for one in measured.confusions():
        if not only or any(one.item == name or one.item.startswith(f"{name}.") for name in only):
            lines += _confusion(one)
    return "\n".join(lines) + "\n"


def _row(name: str, one: Figures) -> str:
    cells = [
        ("agreement", one.agreement),
        ("precision", one.precision),
        ("recall", one.recall),
        ("F1", one.f1),
    ]
    shown = "  ".join(f"{title} {'  -  ' if value is None else f'{value:.3f}'}" for title, value in cells)
    return f"  {name:<46} {one.labels:>5} labels  {shown}"


def _confusion(one: Comparison) -> list[str]:
    lines = [f"  {one.item}  {one.repository}: label {one.label}, verdict {one.verdict}"]
    lines.append(f"      reviewer: {one.expected} {one.note}".rstrip())
    if one.found:
        lines.append(f"      found: {one.found}")
    if one.looked_for:
        lines.append(f"      looked for: {one.looked_for}")
    return lines
