"""The service, which notes how long each request was inside of it: a line of seconds a request, a file a process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import wsgi
from tests.bench.serving import TIMES_FOLDER

NOTES = os.open(Path(os.environ[TIMES_FOLDER], f"{os.getpid()}.txt"), os.O_CREAT | os.O_WRONLY | os.O_APPEND)


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    begun = time.perf_counter()
    answer = wsgi.app(environ, start_response)
    os.write(NOTES, f"{time.perf_counter() - begun:.6f}\n".encode("ascii"))
    return answer
