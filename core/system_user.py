"""Whom a program is run as that refuses to be root, and the folders and files it is given."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

UNPRIVILEGED_USERS = ("postgres", "_postgres", "nobody")
"""The first of them that a machine knows is taken; `_postgres` is macOS."""


class NoUnprivilegedUser(Exception):
    """This machine offers root no unprivileged user to run the database as."""


@dataclass(frozen=True, slots=True)
class SystemUser:
    """The user a program runs as. Unless the caller is root, simply the caller."""

    name: str
    uid: int
    gid: int

    def run_as(self) -> dict[str, object]:
        """Arguments for `subprocess` that make a child run as this user, with no group besides its own."""
        if os.geteuid() != 0:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Makes the user own something that the caller has just made."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Asked of the system itself: rights along a path have more to them than the mode bits show."""
        if os.geteuid() != 0:
            return True
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)],
                cwd="/",
                stderr=subprocess.DEVNULL,
                check=False,
                **self.run_as(),  # type: ignore[call-overload]
            )
        except PermissionError as error:
            raise NoUnprivilegedUser(f"root may not become {self.name} here; give a DATABASE_URL instead") from error
        return bool(done.returncode == 0)


def unprivileged_user() -> SystemUser:
    """The current user; for root the first unprivileged one known here (POSTGRES_SYSTEM_USER names another)."""
    if os.geteuid() != 0:
        return SystemUser(name="", uid=os.geteuid(), gid=os.getegid())
    wanted = os.environ.get("POSTGRES_SYSTEM_USER")
    for name in (wanted,) if wanted else UNPRIVILEGED_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return SystemUser(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise NoUnprivilegedUser("PostgreSQL does not run as root; name a user in POSTGRES_SYSTEM_USER")


def system_state_folder() -> Path:
    """Where a system keeps what its services store."""
    for candidate in (Path("/var/lib"), Path("/var/db")):
        if candidate.is_dir():
            return candidate
    return Path("/var/tmp")  # noqa: S108 (a folder of our own with a fixed owner is made in it)


def make_folder(folder: Path, mode: int) -> None:
    """Makes a folder with exactly this mode; one that is there keeps its own."""
    if not folder.is_dir():
        folder.mkdir(parents=True)
        folder.chmod(mode)


def open_for_reading(root: Path) -> None:
    """A strict umask may have closed what was copied: these are programs only, for any user to run."""
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def write_private(path: Path, text: str) -> None:
    """Writes a 0600 file in one step: a reader sees the old text or the new one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)
