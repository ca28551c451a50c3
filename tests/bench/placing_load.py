"""Clients that place one order after another over kept connections, in a process of their own.

Reads its task as JSON from standard input, writes how many orders were placed and how long it took.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from typing import Any


def client(task: dict[str, Any], quotes: list[int], token: str, started: threading.Barrier, counts: list[int]) -> None:
    """One client until time is up; stops at once where an order is not placed."""
    connection = http.client.HTTPConnection("127.0.0.1", task["port"], timeout=30)
    started.wait()
    until = time.monotonic() + task["seconds"]
    placed = 0
    for quote in quotes:
        if time.monotonic() >= until:
            break
        connection.request(
            "POST",
            "/api/v1/orders",
            json.dumps({"quote_id": quote}),
            {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Idempotency-Key": f"{task['label']}-{quote}",
            },
        )
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 201:
            raise SystemExit(f"{answer.status}: {content.decode()}")
        placed += 1
    else:
        raise SystemExit("no quotes are left")
    counts.append(placed)


def main() -> None:
    task = json.load(sys.stdin)
    clients = task["clients"]
    started = threading.Barrier(len(clients) + 1)
    counts: list[int] = []
    threads = [
        threading.Thread(target=client, args=(task, each["quotes"], each["token"], started, counts)) for each in clients
    ]
    for thread in threads:
        thread.start()
    started.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    if len(counts) < len(clients):
        sys.exit(1)
    json.dump({"placed": counts, "seconds": time.monotonic() - began}, sys.stdout)


if __name__ == "__main__":
    main()
