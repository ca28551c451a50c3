"""How much is measured; ``docs/performance.md`` says how the environment changes it."""

from __future__ import annotations

import os

SMALL = 100_000
LARGE = int(os.environ.get("BENCH_LARGE", "1000000"))
"""As many payouts or claims as the large batch has."""
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
"""How often the two sides take turns."""
