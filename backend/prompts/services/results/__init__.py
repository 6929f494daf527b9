"""The results of a batch as files: a workbook, CSV, and JSON lines."""
