"""What is read of a document at most, and what the libraries raise where one is damaged."""

from typing import Final

MOST_PAGES: Final = 300
MOST_CHARACTERS: Final = 1_000_000
# Of all sheets of a workbook, with the empty rows between others: one sheet has a million.
MOST_ROWS: Final = 2_000_000
MOST_ENTRIES: Final = 2_000
MOST_UNPACKED: Final = 100 * 1024 * 1024
MOST_XML: Final = 20 * 1024 * 1024
BROKEN: Final = (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, ArithmeticError, OSError)
