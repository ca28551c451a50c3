"""A small file system that is filled up, where the machine lets the tests mount one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

MEBIBYTE = 1 << 20
ROOT = [] if os.getuid() == 0 else ["sudo", "-n"]


def may_mount() -> bool:
    """Whether this machine lets the tests mount a small file system; CI always does, or fails."""
    if "CI" in os.environ:
        return True
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run([*ROOT, "mount", "-t", "tmpfs", "tmpfs", folder], check=False, capture_output=True)
        if mounted.returncode == 0:
            subprocess.run([*ROOT, "umount", folder], check=True)
        return mounted.returncode == 0


class Disk:
    """A small file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def leave(self, room: int) -> None:
        """So many bytes are free from now on."""
        used = shutil.disk_usage(self.folder).used
        self._mount("-o", f"remount,size={used + room}")

    def mount(self, room: int) -> None:
        """Begin with so many bytes."""
        self._mount("-t", "tmpfs", "-o", f"size={room},mode=0777", "tmpfs")

    def unmount(self) -> None:
        subprocess.run([*ROOT, "umount", "--lazy", str(self.folder)], check=True)

    def contents(self) -> set[str]:
        """Every stored file, and whatever else was left."""
        return {path.name for path in self.folder.rglob("*") if path.is_file()}

    def _mount(self, *options: str) -> None:
        subprocess.run([*ROOT, "mount", *options, str(self.folder)], check=True)
