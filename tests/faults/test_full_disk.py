"""A disk that is full: a clear answer, nothing half written, and the same key goes through once there is room."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core import clock
from core.http.api import API_PREFIX
from core.http.idempotent import HEADER
from tests.faults.recovery import broken, changed, shown
from tests.faults.story import Step, Story
from tests.faults.warm import Answer, Call

pytestmark = pytest.mark.slow

MEBIBYTE = 1 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")
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

    def mount(self) -> None:
        self._mount("-t", "tmpfs", "-o", f"size={64 * MEBIBYTE},mode=0777", "tmpfs")

    def unmount(self) -> None:
        subprocess.run([*ROOT, "umount", "--lazy", str(self.folder)], check=True)

    def contents(self) -> set[str]:
        """Every stored file, and whatever else was left."""
        return {path.name for path in self.folder.rglob("*") if path.is_file()}

    def _mount(self, *options: str) -> None:
        subprocess.run([*ROOT, "mount", *options, str(self.folder)], check=True)


@pytest.fixture
def disk(story: Story, tmp_path: Path) -> Iterator[Disk]:
    """The stored files lie on a disk of their own."""
    if not may_mount():
        pytest.skip("mounting a small file system needs root, or sudo without a password")
    folder = tmp_path / "disk"
    folder.mkdir()
    disk = Disk(folder)
    disk.mount()
    usual, story.stage.app.config["FILES_DIR"] = story.stage.app.config["FILES_DIR"], str(folder)
    try:
        yield disk
    finally:
        story.stage.let_go()
        story.stage.app.config["FILES_DIR"] = usual
        disk.unmount()


@contextmanager
def step_on(disk: Disk, story: Story, name: str) -> Iterator[tuple[Step, set[str], int]]:
    """A step, the files an undisturbed run adds, and how many bytes they are."""
    following = {"export": "answer", "answer": "closing"}[name]
    kept = {each: {path.name: path for path in files_of(story, each)} for each in (name, following)}
    step = story.begin_on(name, disk.folder)
    added = kept[following].keys() - kept[name].keys()
    yield step, set(kept[following]), sum(kept[following][each].stat().st_size for each in added)


def files_of(story: Story, name: str) -> list[Path]:
    return [path for path in (story.stage.folder / f"files_{name}").rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["answer", "export"])
def test_a_full_disk_keeps_nothing_and_the_same_key_goes_through_later(disk: Disk, story: Story, name: str) -> None:
    """A document of the bank, and the files of a batch: with no room at all, and with room for a part of it."""
    with step_on(disk, story, name) as (step, wanted, size):
        before = disk.contents()
        for room in (0, size // 2 // PAGE * PAGE):
            disk.leave(room)
            told = asked(story, step)
            require_refusal(told.status, told.body)
            assert disk.contents() <= before | (wanted if name == "export" else set())
            assert not list((disk.folder / ".writing").iterdir())
            with story.stage.looking() as look:
                found = story.stage.counts(look)
            assert found == step.before, changed(found, step.before)
        disk.leave(8 * MEBIBYTE)
        done = asked(story, step)
        assert (done.status, shown(done, exact=False)) == (step.answer.status, shown(step.answer, exact=False))
        assert disk.contents() == wanted, "other bytes than those of an undisturbed run"
        story.stage.let_go()
        with story.stage.looking() as look:
            assert broken(look, changed(step.before, story.stage.counts(look))) == []
        again = asked(story, step)
        assert (again.replayed, again.body) == (True, done.body)


def test_no_room_for_what_comes_in(disk: Disk, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large uploads grow in the folder of temporary files before anybody looks at them."""
    work = story.begin_on("answer", disk.folder).work
    assert isinstance(work, Call)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    disk.leave(0)
    monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
    with clock.at(work.at):
        told = story.stage.app.test_client().post(
            f"{API_PREFIX}{work.path}",
            data=head + b"0" * MEBIBYTE + b"\r\n--x--\r\n",
            content_type="multipart/form-data; boundary=x",
            headers={"Authorization": f"Bearer {work.token}", HEADER: work.key},
        )
    require_refusal(told.status_code, told.get_data())


def require_refusal(status: int, body: bytes) -> None:
    """The answer says what is wrong, in both languages."""
    problem = json.loads(body)
    assert (status, problem["code"]) == (507, "storage_full")
    assert problem["title"].startswith("存储空间不足")
    assert "no room left" in problem["title_en"]


def asked(story: Story, step: Step) -> Answer:
    """The step, done in this process."""
    with clock.at(step.work.at):
        answer = step.work.do(story.stage.app)
    story.stage.let_go()
    return answer
