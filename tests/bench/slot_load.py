"""Clients that are all connected and then ask at once, each once.

Reads its task as JSON from standard input, writes how each was answered: the status, and the code of a refusal.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
from typing import Any

STACK_BYTES = 256 * 1024


def ask(port: int, client: dict[str, Any], connected: threading.Barrier, answers: list[str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    connected.wait()
    headers = {
        "Authorization": f"Bearer {client['token']}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"slot-{client['quote']}",
    }
    connection.request("POST", "/api/v1/orders", json.dumps({"quote_id": client["quote"]}), headers)
    answer = connection.getresponse()
    content = answer.read()
    refusal = "" if answer.status < 400 else " " + str(json.loads(content)["code"])
    answers.append(f"{answer.status}{refusal}")


def main() -> None:
    task = json.load(sys.stdin)
    threading.stack_size(STACK_BYTES)
    connected = threading.Barrier(len(task["clients"]))
    answers: list[str] = []
    threads = [
        threading.Thread(target=ask, args=(task["port"], client, connected, answers)) for client in task["clients"]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
