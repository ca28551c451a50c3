"""What the environment says, and what the service makes of it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, make_url

from core.config import BadSetting, Config

GIVEN = "postgresql://web:s%40cret@db.example/vouchers"


def config(var_dir: Path, **settings: str) -> Config:
    return Config.from_env({"VAR_DIR": str(var_dir), **settings})


def options(url: URL) -> str:
    found = url.query["options"]
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_spelling_of_the_address_is_taken(tmp_path: Path, scheme: str) -> None:
    owner = make_url(config(tmp_path, DATABASE_URL=GIVEN.replace("postgresql", scheme)).database_owner_url)
    assert owner.drivername == "postgresql+psycopg"
    assert (owner.username, owner.password, owner.host, owner.database) == ("web", "s@cret", "db.example", "vouchers")


@pytest.mark.parametrize("address", ["mysql://web@db/vouchers", "vouchers", "sqlite:///vouchers.db"])
def test_another_database_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(BadSetting, match=r"DATABASE_URL=.*expected postgresql://"):
        config(tmp_path, DATABASE_URL=address)


def test_one_address_alone_makes_the_application_take_on_its_role(tmp_path: Path) -> None:
    """Migrations use it as it is."""
    made = config(tmp_path, DATABASE_URL=GIVEN)
    assert options(make_url(made.database_url)) == "-c lock_timeout=3000 -c timezone=UTC -c role=marketplace_app"
    assert "options" not in make_url(made.database_owner_url).query
    assert not made.embedded


def test_two_addresses_are_two_logins(tmp_path: Path) -> None:
    made = config(tmp_path, DATABASE_URL=GIVEN, DATABASE_OWNER_URL="postgresql://owner@db.example/vouchers")
    assert options(make_url(made.database_url)) == "-c lock_timeout=3000 -c timezone=UTC"
    assert make_url(made.database_owner_url).username == "owner"


def test_options_of_the_address_are_kept(tmp_path: Path) -> None:
    made = config(tmp_path, DATABASE_URL=f"{GIVEN}?options=-c%20work_mem%3D64MB")
    assert options(make_url(made.database_url)).startswith("-c work_mem=64MB -c lock_timeout=3000")


def test_without_an_address_the_embedded_server_of_the_folder_is_meant(tmp_path: Path) -> None:
    made = config(tmp_path)
    url = make_url(made.database_url)
    assert made.embedded
    assert url.username == "marketplace_app"
    assert url.query["host"] == str(tmp_path / "postgres" / "run")


@pytest.mark.parametrize("value", ["0", "-1", "http", "80.5"])
def test_a_wrong_port_is_named(tmp_path: Path, value: str) -> None:
    with pytest.raises(BadSetting, match=f"PORT='{value}'"):
        config(tmp_path, PORT=value)


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = config(tmp_path).secret_key
    file = tmp_path / "secret-key"
    assert config(tmp_path).secret_key == first == file.read_text()
    assert len(first) > 40
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert config(tmp_path, SECRET_KEY="given").secret_key == "given"


def test_secrets_do_not_show(tmp_path: Path) -> None:
    shown = repr(config(tmp_path, DATABASE_URL=GIVEN, SECRET_KEY="hush"))
    assert "s%40" not in shown
    assert "s@" not in shown
    assert "hush" not in shown
