"""Flags: facts in, suspicions with their evidence out. No flag decides anything by itself."""

from vouchers.rules.flags.kinds import FlagKind, Found

__all__ = ["FlagKind", "Found"]
