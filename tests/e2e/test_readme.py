"""The first order of both READMEs really works: its lines are run by a shell against a live server."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.serving import make_server

from core import clock
from core.config import PROJECT
from core.db import session
from marketplace.demo.province import seed_province
from marketplace.models import Order
from marketplace.states import OrderState

LINES = 10


@pytest.fixture
def address(committed_app: Flask) -> Iterator[str]:
    """The address of a live server with the demo province."""
    seed_province(now=clock.now())
    server = make_server("127.0.0.1", 0, committed_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_first_order_in_ten_lines(address: str, readme: str) -> None:
    """After the last line the order is contracted and the voucher pays 480.00 of 800.00."""
    blocks = re.findall(r"```sh\n(.*?)```", (PROJECT / readme).read_text("utf-8"), re.DOTALL)
    (script,) = [block for block in blocks if "curl" in block]
    assert len(script.strip().splitlines()) == LINES
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace("127.0.0.1:8000", address)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    order = session().query(Order).one()
    assert (order.state, order.subsidy_fen, order.self_pay_fen) == (OrderState.CONTRACTED, 48_000, 32_000)
    assert "质谱" in done.stdout
