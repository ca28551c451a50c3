"""Where a request comes from, and where the service is reached."""

from __future__ import annotations

from flask import current_app, request


def client_address() -> str:
    """The client's address: as many proxies as TRUSTED_PROXIES says may name it, nobody else."""
    return request.remote_addr or ""


def public_address(path: str) -> str:
    """A path of the service as an address from outside, by PUBLIC_URL."""
    base: str = current_app.config["PUBLIC_URL"]
    return f"{base.rstrip('/')}{path}"
