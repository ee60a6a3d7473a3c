"""Which licence a text is, by the phrases that only it has, and whether OSI or the FSF approved it.

Identifiers are those of the SPDX licence list (https://spdx.org/licenses/), from which the approvals are taken, too.
"""

import re

from scanners.lazy import lazy_re
from scanners.values import dataclass

_LONGEST = 60_000
_SPDX = lazy_re(r"SPDX-License-Identifier:\s*([^\n*<]{2,80})")
_SPACE = lazy_re(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Licence:
    """``id`` is an SPDX identifier, or a word for terms that have none."""

    id: str
    approved: bool


_Forms = tuple[tuple[str, tuple[str, ...]], ...]
_RESTRICTED: _Forms = (
    ("Commons-Clause", ("commons clause",)),
    ("BUSL-1.1", ("business source license",)),
    ("SSPL-1.0", ("server side public license",)),
    ("Elastic-2.0", ("elastic license",)),
    ("FSL-1.1", ("functional source license",)),
    ("PolyForm", ("polyform",)),
    ("Sustainable-Use", ("sustainable use license",)),
    ("CC-BY-NC", ("creative commons", "noncommercial")),
    ("CC-BY-ND", ("creative commons", "noderivatives")),
)
_GNU = (
    ("AGPL-3.0", "gnu affero general public license"),
    ("LGPL", "gnu lesser general public license"),
    ("LGPL", "gnu library general public license"),
    ("GPL", "gnu general public license"),
)
_APPROVED: _Forms = (
    ("Apache-2.0", ("apache license", "version 2 0")),
    ("MPL-2.0", ("mozilla public license",)),
    ("EPL-2.0", ("eclipse public license",)),
    ("EUPL-1.2", ("european union public licence",)),
    ("CDDL-1.0", ("common development and distribution license",)),
    ("OSL-3.0", ("open software license",)),
    ("Artistic-2.0", ("the artistic license",)),
    ("MS-PL", ("microsoft public license",)),
    ("BSL-1.0", ("boost software license",)),
    ("UPL-1.0", ("universal permissive license",)),
    ("BlueOak-1.0.0", ("blue oak model license",)),
    ("MulanPSL-2.0", ("mulan permissive software license",)),
    ("ECL-2.0", ("educational community license",)),
    ("OFL-1.1", ("sil open font license",)),
    ("Unlicense", ("free and unencumbered software released into the public domain",)),
    ("CC0-1.0", ("cc0 1 0",)),
    ("WTFPL", ("do what the fuck you want to public license",)),
    ("Python-2.0", ("python software foundation license",)),
    ("PHP-3.01", ("the php license",)),
    ("CECILL", ("cecill",)),
    ("Zlib", ("altered source versions must be plainly marked as such",)),
    ("PostgreSQL", ("for any purpose without fee and without a written agreement is hereby granted",)),
    ("MIT", ("permission is hereby granted free of charge to any person obtaining a copy",)),
    ("BSD-3-Clause", ("redistribution and use in source and binary forms", "neither the name")),
    ("BSD-2-Clause", ("redistribution and use in source and binary forms",)),
    (
        "ISC",
        ("permission to use copy modify and", "for any purpose with or without fee", "appear in all copies"),
    ),
    ("0BSD", ("permission to use copy modify and", "for any purpose with or without fee")),
    ("CC-BY", ("creative commons", "attribution")),
    ("MIT", ("mit license",)),
    ("BSD-3-Clause", ("bsd 3 clause",)),
    ("ISC", ("isc license",)),
)
_CLOSED = ("all rights reserved", "proprietary", "confidential", "commercial license")
_APPROVED_IDS = frozenset(
    ["apache-2.0", "mit", "mit-0", "isc", "0bsd", "bsd-2-clause", "bsd-3-clause", "mpl-2.0", "epl-1.0", "epl-2.0", "zlib",
     "bsl-1.0", "unlicense", "postgresql", "python-2.0", "artistic-2.0", "eupl-1.2", "upl-1.0", "ncsa", "cc0-1.0",
     "gpl-2.0", "gpl-3.0", "lgpl-2.1", "lgpl-3.0", "agpl-3.0", "blueoak-1.0.0", "ofl-1.1", "mulanpsl-2.0", "ms-pl"]
)  # fmt: skip


def recognise(text: str) -> Licence | None:
    """The licence that ``text`` is or grants; None for words that tell nothing."""
    text = text[:_LONGEST]
    plain = " ".join(_SPACE.sub(" ", text.lower()).split())
    for id, phrases in _RESTRICTED:
        if all(phrase in plain for phrase in phrases):
            return Licence(id, False)
    named = _SPDX.search(text)
    if named and (licence := _of_expression(named[1])):
        return licence
    # The GNU texts name each other further down, so the one that is named first is meant.
    gnu = sorted((plain.find(phrase), id) for id, phrase in _GNU if phrase in plain[:6000])
    for id, phrases in _APPROVED:
        if all(phrase in plain for phrase in phrases) and not (gnu and gnu[0][0] < plain.find(phrases[0])):
            return Licence(id, True)
    if gnu:
        return Licence(gnu[0][1], True)
    return Licence("proprietary", False) if any(phrase in plain for phrase in _CLOSED) else None


def _of_expression(expression: str) -> Licence | None:
    """The first approved one of an SPDX expression, since OR lets the reader choose."""
    for word in re.split(r"[\s()]+", expression.strip()):
        id = re.sub(r"(-only|-or-later|\+)$", "", word.lower())
        if id in _APPROVED_IDS:
            return Licence(word, True)
    return None
