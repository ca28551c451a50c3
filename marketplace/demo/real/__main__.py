"""``python -m marketplace.demo.real DIR``: the story on a database of its own, started and stopped here.

With ``DATABASE_URL`` it is told there; otherwise on an embedded server below ``VAR_DIR`` (var/demo-real).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core import migrate
from core.config import PROJECT, BadSetting, Config
from core.postgres import EmbeddedPostgresError, EmbeddedServer
from marketplace.app import create_app
from marketplace.demo.real.command import REFUSED, run

OWN_VAR_DIR = PROJECT / "var" / "demo-real"


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m marketplace.demo.real DIR\n")
        return REFUSED
    try:
        with _database() as config:
            if not migrate.is_current(owner_url=config.database_owner_url):
                migrate.upgrade(owner_url=config.database_owner_url)
            app = create_app(config)
            with app.app_context():
                code = run(app, Path(arguments[0]).expanduser())
            sys.stdout.write(f"{_where(config)}\n")
            return code
    except (EmbeddedPostgresError, BadSetting) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return REFUSED


@contextmanager
def _database() -> Iterator[Config]:
    """The configuration, with a server behind it while the block runs."""
    env = {**os.environ, "VAR_DIR": os.environ.get("VAR_DIR") or str(OWN_VAR_DIR)}
    config = Config.from_env(env)
    if not config.embedded:
        yield config
        return
    server = EmbeddedServer(config.var_dir)
    server.start()
    try:
        yield Config.from_env(env)  # only now the passwords and the socket are known
    finally:
        server.stop()


def _where(config: Config) -> str:
    if not config.embedded:
        return f"the story is in the database of DATABASE_URL, its files are under {config.files_dir}"
    return (
        f"the story is under {config.var_dir}: remove that to tell it again, "
        f"or look at it with  VAR_DIR={config.var_dir} DEMO=0 make run"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
