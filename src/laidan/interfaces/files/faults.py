"""What a file may cost and how it says what is wrong with it: limits and row errors."""

from __future__ import annotations

from dataclasses import dataclass

WHOLE_FILE = 0
"""The row number of an error that concerns the file or sheet and not one of its rows."""

RAW_CHARS = 500
"""How much of a refused row is repeated in the errors file."""

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest file that is read; every number is a promise about memory or time."""

    file_bytes: int = 1024 * MIB
    """A file on the disk, packed or not."""
    unpacked_bytes: int = 4096 * MIB
    """The text in a .gz, .tar.gz or .zip, all members together; it is streamed."""
    workbook_bytes: int = 512 * MIB
    """The XML in an XLSX, all parts together."""
    workbook_cells: int = 20_000_000
    """Rows × columns of a sheet's used area: the reader keeps the area in memory."""
    ratio: int = 250
    """Unpacked ÷ packed; honest sheets reach about 100, deflate's limit is 1032."""
    ratio_from_bytes: int = 16 * MIB
    """Smaller content is not judged by its ratio: it cannot hurt."""
    entries: int = 10_000
    """Members of an archive, or parts of a workbook."""
    columns: int = 500
    cell_chars: int = 100_000
    line_chars: int = 1_000_000
    rows_per_order: int = 20_000


@dataclass(frozen=True, slots=True)
class RowError:
    """A row, sheet or file that is not imported, and why.

    `row` counts as a spreadsheet does: the header is row 1; 0 stands for the whole file.
    `left_out` marks rows that a preset's stated rule leaves out: nothing is wrong with them.
    """

    file: str
    row: int
    code: str
    reason: str
    sheet: str = ""
    external_no: str = ""
    raw: str = ""
    left_out: bool = False


class BadFileError(Exception):
    """A file or sheet that cannot be read at all; turned into a RowError at the door."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    def as_row_error(self, file: str, sheet: str = "") -> RowError:
        """Return the same as a value that names the file."""
        return RowError(file, WHOLE_FILE, self.code, self.reason, sheet=sheet)


class BadCellError(Exception):
    """A cell whose text is not what its field takes; turned into a RowError by the reader."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
