"""What the schemas of spot checks, inspections, findings and misconduct share."""

from __future__ import annotations

FILE = {"description": "The file: PDF, PNG, JPEG, OFD or XML; its content decides."}
LONG = 4000
"""The most characters of an account, a statement or grounds."""
