"""Where a request comes from."""

from __future__ import annotations

from flask import request


def client_address() -> str:
    """The client's address: as many proxies as TRUSTED_PROXIES says may name it, nobody else."""
    return request.remote_addr or ""
