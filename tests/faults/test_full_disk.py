"""A disk that is full: a clear answer, nothing half written, and the same key goes through once there is room."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core import clock
from core.http.api import API_PREFIX
from core.http.idempotent import HEADER
from tests.faults.disk import MEBIBYTE, Disk, may_mount
from tests.faults.recovery import broken, changed, shown
from tests.faults.story import Step, Story
from tests.faults.warm import Answer, Call

pytestmark = pytest.mark.slow

PAGE = os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def disk(story: Story, tmp_path: Path) -> Iterator[Disk]:
    """The stored files lie on a disk of their own."""
    if not may_mount():
        pytest.skip("mounting a small file system needs root, or sudo without a password")
    folder = tmp_path / "disk"
    folder.mkdir()
    disk = Disk(folder)
    disk.mount(64 * MEBIBYTE)
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
