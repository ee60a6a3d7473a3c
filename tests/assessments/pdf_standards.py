"""What PDF/A-2a and PDF/UA-1 ask of a file, as far as its structure shows it. Clauses in brackets."""

import re

import pikepdf

from tests.assessments.pdf_text import SHOWN, annotations, fonts, structure

_HEADING = re.compile(r"/H([1-6])")
_FORBIDDEN_ACTIONS = ("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/ResetForm", "/Movie", "/Sound", "/Hide", "/SetOCGState")  # fmt: skip
_KNOWN = re.compile(
    "/(Document|Part|Art|Sect|Div|BlockQuote|Caption|TOC|TOCI|Index|NonStruct|Private|P|H|H[1-6]|L|LI|Lbl|LBody|Table|TR"
    "|TH|TD|THead|TBody|TFoot|Span|Quote|Note|Reference|BibEntry|Code|Link|Annot|Figure|Formula|Form)"
)


def faults(document: pikepdf.Pdf) -> list[str]:
    """What the file lacks of both standards, one line each; empty for one that has all that is looked at."""
    if "/StructTreeRoot" not in document.Root:
        return ["no structure tree (UA 7.1)"]
    return [*_catalogue(document), *_metadata(document), *_fonts(document), *_actions(document),
            *_tags(document), *_links(document), *_content(document)]  # fmt: skip


def _catalogue(document: pikepdf.Pdf) -> list[str]:
    root, found = document.Root, []
    if not root.get("/MarkInfo", {}).get("/Marked"):
        found.append("not marked as tagged (UA 7.1)")
    if not str(root.get("/Lang", "")):
        found.append("no language (UA 7.2)")
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        found.append("the title is not displayed (UA 7.1)")
    if document.is_encrypted:
        found.append("encrypted (A 6.1.3)")
    if "/ID" not in document.trailer:
        found.append("no file identifier (A 6.1.3)")
    intents = [one for one in root.get("/OutputIntents", []) if one.S == "/GTS_PDFA1"]
    if len(intents) != 1 or "/DestOutputProfile" not in intents[0]:
        found.append("not one output intent with a profile (A 6.2.3)")
    return found


def _metadata(document: pikepdf.Pdf) -> list[str]:
    with document.open_metadata() as metadata:
        wanted = {"pdfaid:part": "2", "pdfaid:conformance": "A", "pdfuaid:part": "1"}
        found = [
            f"metadata lacks {key} = {value}" for key, value in wanted.items() if metadata.get(key) != value
        ]
        if not metadata.get("dc:title"):
            found.append("metadata lack a title (UA 7.1)")
    if "/Filter" in document.Root.get("/Metadata", {}):
        found.append("metadata are compressed (A 6.6.2)")
    return found


def _fonts(document: pikepdf.Pdf) -> list[str]:
    found = []
    for font in fonts(document):
        described = font.DescendantFonts[0] if "/DescendantFonts" in font else font
        descriptor = described.FontDescriptor
        if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor.keys()):
            found.append(f"{font.BaseFont} is not embedded (A 6.2.11.4)")
        if "/ToUnicode" not in font:
            found.append(f"{font.BaseFont} maps to no text (A 6.2.11.7)")
    return found


def _actions(document: pikepdf.Pdf) -> list[str]:
    found = []
    for place in ("/AA", "/OpenAction"):
        if place in document.Root:
            found.append(f"the document has {place} (A 6.5.2)")
    if document.attachments:
        found.append("files are attached (A 6.8)")
    if "/JavaScript" in document.Root.get("/Names", {}):
        found.append("scripts (A 6.5.1)")
    for page in document.pages:
        if "/AA" in page:
            found.append("a page has actions (A 6.5.2)")
    for annotation in annotations(document):
        kind = annotation.get("/A", {}).get("/S")
        if kind is not None and str(kind) in _FORBIDDEN_ACTIONS:
            found.append(f"an action {kind} (A 6.5.1)")
    return found


def _tags(document: pikepdf.Pdf) -> list[str]:
    found, last = [], 0
    roles = dict(document.Root.StructTreeRoot.get("/RoleMap", {}))
    for element in structure(document):
        kind = str(element.S)
        kind = kind if _KNOWN.fullmatch(kind) else str(roles.get(kind, kind))
        if not _KNOWN.fullmatch(kind):
            found.append(f"{kind} is no standard structure type (UA 7.1)")
        if kind in ("/Figure", "/Formula") and not str(element.get("/Alt", "")):
            found.append(f"a {kind[1:]} without alternative text (UA 7.3)")
        if kind == "/TH" and "/Scope" not in _attributes(element):
            found.append("a table header without scope (UA 7.5)")
        heading = _HEADING.fullmatch(kind)
        if heading:
            level = int(heading[1])
            if level > last + 1:
                found.append(f"a heading of level {level} after one of {last} (UA 7.4)")
            last = level
    return found


def _attributes(element: pikepdf.Dictionary) -> set[str]:
    given = element.get("/A", [])
    return {key for one in (given if isinstance(given, pikepdf.Array) else [given]) for key in one}


def _links(document: pikepdf.Pdf) -> list[str]:
    found = []
    for page in document.pages:
        if "/Annots" in page and page.get("/Tabs") != "/S":
            found.append("tab order does not follow the structure (UA 7.18.3)")
    for annotation in annotations(document):
        if annotation.Subtype != "/Link":
            found.append(f"an annotation {annotation.Subtype}")
        if not str(annotation.get("/Contents", "")):
            found.append("a link without a description (UA 7.18.5)")
        if "/StructParent" not in annotation:
            found.append("a link outside of the structure (UA 7.18.5)")
        if int(annotation.get("/F", 0)) & 0b100110 != 0b100:
            found.append("a link that does not print (A 6.3.2)")
    return found


def _content(document: pikepdf.Pdf) -> list[str]:
    """Whether all that is drawn is either tagged or said to be decoration (UA 7.1)."""
    found = []
    for number, page in enumerate(document.pages, 1):
        depth = 0
        for _, operator in pikepdf.parse_content_stream(page):
            name = str(operator)
            if name in ("BDC", "BMC"):
                depth += 1
            elif name == "EMC":
                depth -= 1
            elif name in (*SHOWN, "f", "f*", "S", "s", "B", "b", "Do", "sh") and not depth:
                found.append(f"page {number}: {name} outside of marked content (UA 7.1)")
                break
    return found
