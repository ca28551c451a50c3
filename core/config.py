"""Configuration: read once from the environment, then passed around as one frozen value."""

import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from sqlalchemy.engine import URL, make_url

from core import failpoints, postgres_logins

PROJECT = Path(__file__).resolve().parent.parent
APP_ROLE = "marketplace_app"
LOCK_TIMEOUT_MS = 3000
SESSION_OPTIONS = f"-c lock_timeout={LOCK_TIMEOUT_MS} -c timezone=UTC"
DEFAULT_PORT = 8000
DEFAULT_FILE_LIMIT_BYTES = 20 * 1024 * 1024
DEFAULT_BANK_FILE_LIMIT_BYTES = 256 * 1024 * 1024


STRIPE_API_BASE = "https://api.stripe.com"
STRIPE_TIMEOUT_SECONDS = 10

MAIL_PORTS = {"none": 25, "starttls": 587, "tls": 465}
"""How mail is protected on its way to the server, with the usual port."""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How mail leaves: ``security`` is one of MAIL_PORTS; without a server it is written to ``folder``."""

    server: str | None
    port: int
    security: str
    username: str | None
    password: str | None = field(repr=False)
    sender: str
    folder: str


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """How the payment gateway is reached; without a key there is none. Secrets come from the environment alone.

    Several ``webhook_secrets`` hold while one is replaced by the next.
    """

    api_base: str
    secret_key: str | None = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    timeout_seconds: int


class BadSetting(Exception):
    """An environment variable has a value the service cannot work with."""

    def __init__(self, *, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name}={value!r}: expected {expected}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Everything a process of the service is told from outside.

    `database_url` is what the application connects with: the role `marketplace_app`, a lock timeout and UTC
    are part of it. `database_owner_url` is what migrations connect with. Neither connects by itself.
    `secure_cookies` keeps session cookies to HTTPS: on with a database of one's own, off on the embedded one, which
    is for trying the service over plain HTTP on one's own machine.
    """

    database_url: str = field(repr=False)
    database_owner_url: str = field(repr=False)
    embedded: bool
    var_dir: Path
    port: int = DEFAULT_PORT
    secret_key: str = field(repr=False)
    audit_chain_key: str | None = field(default=None, repr=False)
    audit_chain_old_keys: tuple[str, ...] = field(default=(), repr=False)
    province: str = "shandong"
    policies_dir: Path = PROJECT / "policies"
    paying_accounts: Path = PROJECT / "settlement" / "paying_accounts.yaml"
    file_limit_bytes: int = DEFAULT_FILE_LIMIT_BYTES
    bank_file_limit_bytes: int = DEFAULT_BANK_FILE_LIMIT_BYTES
    search_dir: Path
    search_reader: str
    secure_cookies: bool = False
    trusted_proxies: int = 0
    public_url: str = ""
    mail: MailSettings = field(repr=False)
    stripe: StripeSettings = field(repr=False)
    failpoint: str | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Self:
        """Reads the environment. Creates VAR_DIR and the secret key file where they are missing.

        Without DATABASE_URL the URLs point at the embedded server of VAR_DIR, whether or not it is running.
        Raises BadSetting.
        """
        env = os.environ if env is None else env
        var_dir = var_dir_of(env)
        given = env.get("DATABASE_URL", "").strip()
        if given:
            owner = env.get("DATABASE_OWNER_URL", "").strip()
            app_url, owner_url = (_app_url(given, role=None if owner else APP_ROLE), _url(owner or given))
        else:
            logins = postgres_logins.logins(var_dir)
            app_url, owner_url = (_app_url(logins.app_url, role=None), _url(logins.owner_url))
        return cls(
            database_url=_render(app_url),
            database_owner_url=_render(owner_url),
            embedded=not given,
            var_dir=var_dir,
            port=_positive(env, "PORT", DEFAULT_PORT),
            secret_key=env.get("SECRET_KEY") or _kept_secret(var_dir / "secret-key"),
            audit_chain_key=env.get("AUDIT_CHAIN_KEY") or None,
            audit_chain_old_keys=_listed(env, "AUDIT_CHAIN_OLD_KEYS"),
            province=env.get("PROVINCE") or "shandong",
            policies_dir=Path(env.get("POLICIES_DIR") or PROJECT / "policies").expanduser().absolute(),
            paying_accounts=Path(env.get("PAYING_ACCOUNTS") or PROJECT / "settlement" / "paying_accounts.yaml")
            .expanduser()
            .absolute(),
            file_limit_bytes=_positive(env, "FILE_LIMIT_BYTES", DEFAULT_FILE_LIMIT_BYTES),
            bank_file_limit_bytes=_positive(env, "BANK_FILE_LIMIT_BYTES", DEFAULT_BANK_FILE_LIMIT_BYTES),
            search_dir=Path(env.get("SEARCH_DIR") or var_dir / "search").expanduser().absolute(),
            search_reader=env.get("SEARCH_READER", "").strip() or socket.gethostname(),
            trusted_proxies=_count(env, "TRUSTED_PROXIES"),
            secure_cookies=_flag(env, "SECURE_COOKIES", default=bool(given)),
            public_url=_public_url(env),
            mail=_mail(env, var_dir),
            stripe=_stripe(env),
            failpoint=env.get(failpoints.VARIABLE) or None,
        )

    @property
    def files_dir(self) -> Path:
        return self.var_dir / "files"


def _public_url(env: Mapping[str, str]) -> str:
    """Where readers find the service, for links in mail."""
    given = env.get("PUBLIC_URL", "").strip().rstrip("/")
    if not given:
        return f"http://127.0.0.1:{_positive(env, 'PORT', DEFAULT_PORT)}"
    if not given.startswith(("http://", "https://")):
        raise BadSetting(name="PUBLIC_URL", value=given, expected="an address that begins with http:// or https://")
    return given


def _stripe(env: Mapping[str, str]) -> StripeSettings:
    base = env.get("STRIPE_API_BASE", "").strip().rstrip("/") or STRIPE_API_BASE
    if not base.startswith(("http://", "https://")):
        raise BadSetting(name="STRIPE_API_BASE", value=base, expected="an address that begins with http:// or https://")
    return StripeSettings(
        api_base=base,
        secret_key=env.get("STRIPE_SECRET_KEY", "").strip() or None,
        webhook_secrets=_listed(env, "STRIPE_WEBHOOK_SECRETS"),
        timeout_seconds=_positive(env, "STRIPE_TIMEOUT_SECONDS", STRIPE_TIMEOUT_SECONDS),
    )


def _mail(env: Mapping[str, str], var_dir: Path) -> MailSettings:
    security = env.get("MAIL_SECURITY", "").strip().lower() or "starttls"
    if security not in MAIL_PORTS:
        raise BadSetting(name="MAIL_SECURITY", value=security, expected=", ".join(MAIL_PORTS))
    return MailSettings(
        server=env.get("MAIL_SERVER", "").strip() or None,
        port=_positive(env, "MAIL_PORT", MAIL_PORTS[security]),
        security=security,
        username=env.get("MAIL_USERNAME") or None,
        password=env.get("MAIL_PASSWORD") or None,
        sender=env.get("MAIL_FROM", "").strip() or "no-reply@localhost",
        folder=str(var_dir / "mail"),
    )


def var_dir_of(env: Mapping[str, str]) -> Path:
    """The folder everything of this installation lives in; created when missing."""
    folder = Path(env.get("VAR_DIR") or PROJECT / "var").expanduser().absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _app_url(text: str, *, role: str | None) -> URL:
    """Adds lock timeout and time zone, and the role to take on where the login is not the app's own."""
    url = _url(text)
    present = url.query.get("options", "")
    parts = [present if isinstance(present, str) else " ".join(present), SESSION_OPTIONS]
    if role is not None:
        parts.append(f"-c role={role}")
    return url.update_query_dict({"options": " ".join(part for part in parts if part)})


def _url(text: str) -> URL:
    """A PostgreSQL URL with the driver this project uses; `postgres://` and `postgresql://` are accepted."""
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise BadSetting(
            name="DATABASE_URL", value=f"{scheme}://…", expected="postgresql://user:password@host/database"
        )
    return make_url(f"postgresql+psycopg://{rest}")


def _render(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _positive(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, "").strip()
    if not value:
        return default
    if not value.isdecimal() or int(value) == 0:
        raise BadSetting(name=name, value=value, expected="a positive whole number")
    return int(value)


def _listed(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Words with commas or spaces between them."""
    return tuple(env.get(name, "").replace(",", " ").split())


def _flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = env.get(name, "").strip().lower()
    if value not in {"", "true", "false"}:
        raise BadSetting(name=name, value=value, expected="true or false")
    return value == "true" if value else default


def _count(env: Mapping[str, str], name: str) -> int:
    value = env.get(name, "").strip() or "0"
    if not value.isdecimal():
        raise BadSetting(name=name, value=value, expected="a whole number, 0 or more")
    return int(value)


def _kept_secret(path: Path) -> str:
    """A secret made at first use, kept in a file only its owner can read; racing processes agree on one."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first: its secret is the one
        finally:
            draft.unlink()
    return path.read_text()
