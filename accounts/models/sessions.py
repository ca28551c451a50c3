"""Sessions of browsers, second factors, and the codes that help where something was forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models.users import User
from accounts.rules import sessions as rules
from core.db import Model
from core.types import UTC, identity_key


class UserSession(Model):
    """A browser signed in, found and proven like a token.

    ``proven_at`` is None while the one-time code is still to come; nothing but that may be done with it then.
    """

    __tablename__ = "user_session"

    id: Mapped[int] = identity_key()
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), index=True)
    prefix: Mapped[str] = mapped_column(Text, unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UTC)
    last_seen_at: Mapped[datetime] = mapped_column(UTC)
    expires_at: Mapped[datetime] = mapped_column(UTC)
    proven_at: Mapped[datetime | None] = mapped_column(UTC)
    address: Mapped[str] = mapped_column(Text)
    agent: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(UTC)

    user: Mapped[User] = relationship()

    def is_live(self, now: datetime) -> bool:
        """Whether it may still be used, be it only for the one-time code."""
        return rules.is_live(
            created_at=self.created_at,
            last_seen_at=self.last_seen_at,
            expires_at=self.expires_at,
            proven_at=self.proven_at,
            ended_at=self.ended_at,
            now=now,
        )


class SecondFactor(Model):
    """The secret an authenticator app shares with us; it counts once ``confirmed_at`` is set.

    ``last_used_step`` is the time step of the last code taken, so that no code works twice.
    """

    __tablename__ = "second_factor"

    id: Mapped[int] = identity_key()
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), unique=True)
    secret: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTC)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTC)
    last_used_step: Mapped[int | None] = mapped_column(BigInteger)


class RecoveryCode(Model):
    """One of the codes that stand in for the app once each."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = identity_key()
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UTC)
    used_at: Mapped[datetime | None] = mapped_column(UTC)


class PasswordRecovery(Model):
    """Leave to set a new password, given by the administrator; ``ended_at`` is its use or its replacement.

    ``reset_second_factor`` says that the app is lost too.
    """

    __tablename__ = "password_recovery"
    __table_args__ = (
        Index("uq_password_recovery_open", "user_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[int] = identity_key()
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    reset_second_factor: Mapped[bool] = mapped_column(Boolean)
    issued_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    issued_at: Mapped[datetime] = mapped_column(UTC)
    expires_at: Mapped[datetime] = mapped_column(UTC)
    ended_at: Mapped[datetime | None] = mapped_column(UTC)


class SignUp(Model):
    """One registration by a visitor, kept to slow down floods of them."""

    __tablename__ = "sign_up"
    __table_args__ = (Index("ix_sign_up_address_at", "address", "at"),)

    id: Mapped[int] = identity_key()
    address: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTC)
