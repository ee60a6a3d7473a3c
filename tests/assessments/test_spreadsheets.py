"""CSV and XLSX: every section of the report, and no cell that starts a formula."""

import csv
import io
import zipfile
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.report import build_report
from assessments.reports.cells import MAX_CELL, safe_cell
from assessments.reports.csv import BYTE_ORDER_MARK, csv_lines, render_csv
from assessments.reports.tables import CHECKLIST, TABLES
from assessments.reports.xlsx import render_xlsx, write_scorecard
from scanners.facts import Evidence
from tests.assessments.rows import Row, reference_page, shipped_standard, subject

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
STARTS = "=+-@\t\r\n|%＝＋－＠"


def sheets(content: bytes) -> dict[str, list[list[str]]]:
    """The cells of each sheet as text, by its title."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        names = [
            one.get("name") or ""
            for one in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet")
        ]
        found = {}
        for number, name in enumerate(names, 1):
            root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
            assert not list(root.iter(f"{MAIN}f")), "a formula"
            found[name] = [
                ["".join(cell.itertext()) for cell in row.iter(f"{MAIN}c")] for row in root.iter(f"{MAIN}row")
            ]
        return found


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "' =1"),
        ("\r=1", "'␍=1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        ("plain", "plain"),
        ("a = b", "a = b"),
        ("", ""),
        ("two\nlines", "two\nlines"),
        ("bell\x07", "bell␇"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("日本語 עברית 😀", "日本語 עברית 😀"),
    ],
)  # fmt: skip
def test_a_cell_is_text_and_shows_all_of_it(text: str, cell: str) -> None:
    assert safe_cell(text) == cell


@given(st.text(max_size=80))
def test_no_text_starts_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert not cell or cell.lstrip()[:1] not in tuple(STARTS)
    assert len(cell) <= MAX_CELL


def test_a_cell_is_cut_at_what_a_workbook_holds() -> None:
    assert len(safe_cell("x" * 40_000)) == MAX_CELL and safe_cell("x" * 40_000).endswith("…")


def test_csv_has_a_row_per_item_and_reads_back() -> None:
    text = render_csv(reference_page())
    assert text.startswith(BYTE_ORDER_MARK)
    rows = list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))
    assert tuple(rows[0]) == CHECKLIST and len(rows) == 101
    by_item = {row[CHECKLIST.index("Item")]: row for row in rows[1:]}
    assert by_item["testing.unit"][CHECKLIST.index("Verdict")] == "Fail"
    assert by_item["testing.unit"][CHECKLIST.index("Initiative")] == "Testing Suite"


def test_csv_of_many_reports_has_one_head() -> None:
    text = "".join(csv_lines([reference_page(), reference_page()]))
    assert text.count("Repository,Folder") == 1 and text.count("\r\n") >= 201


def test_a_hostile_path_and_name_stay_text_in_both_formats() -> None:
    row = Row("testing.unit", "pass", evidence=(Evidence("=cmd|'/c calc'!A0.py", 1, '=HYPERLINK("x")'),))
    page = build_report(shipped_standard(), subject(repository="@evil"), [row])
    rows = list(csv.reader(io.StringIO(render_csv(page))))
    assert rows[1][0] == "'@evil"
    evidence = next(row for row in rows if "testing.unit" in row)[CHECKLIST.index("Evidence")]
    assert evidence.startswith("'=cmd")
    cells = [cell for sheet in sheets(render_xlsx(page)).values() for line in sheet for cell in line]
    assert '\'=HYPERLINK("x")' in cells and not any(cell.startswith("=") for cell in cells)


def test_a_workbook_has_a_sheet_per_section() -> None:
    page = reference_page()
    found = sheets(render_xlsx(page))
    assert list(found) == [table.title for table in TABLES]
    for table in TABLES:
        assert found[table.title][0] == list(table.columns)
        assert len(found[table.title]) == 1 + len(list(table.rows(page)))
    summary = dict(row[:2] for row in found["Summary"] if len(row) > 1)
    assert summary["Grade"] == "B+" and summary["Score of 100"] == "60"
    assert "Testing Suite" in [cell for row in found["Priority matrix"] for cell in row]


def test_a_scorecard_has_a_row_per_repository() -> None:
    buffer = io.BytesIO()
    assert write_scorecard(iter([reference_page(), reference_page()]), buffer) == 2
    found = sheets(buffer.getvalue())
    assert list(found) == ["Scorecard", "Failing items", "Stars per area"]
    assert ["B+" in row for row in found["Scorecard"][1:]] == [True, True]
    assert len(found["Failing items"]) == 1 + 2 * sum(row.verdict == "fail" for row in reference_page().items)
    assert len(found["Stars per area"][0]) == 20


def test_a_scorecard_of_nothing_is_a_head() -> None:
    buffer = io.BytesIO()
    assert write_scorecard((), buffer) == 0
    assert list(sheets(buffer.getvalue())) == ["Scorecard", "Failing items"]
