"""Pure rules: facts in, decision out."""

from instruments.rules.pricing import price

__all__ = ["price"]
