"""Users, their tokens, and the attempts to sign in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models.organisations import Organisation
from accounts.permissions import Role
from core.db import Model
from core.permissions import Actor
from core.types import UTC, Enumerated, identity_key


class User(Model):
    """A person who signs in. ``username`` is stored in lower case."""

    __tablename__ = "user_account"

    id: Mapped[int] = identity_key()
    username: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[Role] = mapped_column(Enumerated(Role))
    organisation_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("organisation.id"), index=True)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UTC)

    organisation: Mapped[Organisation] = relationship()

    def as_actor(self) -> Actor:
        """The actor this user is, with the city of its organisation."""
        return Actor(
            user_id=self.id,
            organisation_id=self.organisation_id,
            role=self.role.value,
            city=self.organisation.city,
            username=self.username,
        )


class ApiToken(Model):
    """A bearer token: its prefix finds it, the SHA-256 of its secret proves it. The secret is not stored."""

    __tablename__ = "api_token"

    id: Mapped[int] = identity_key()
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), index=True)
    prefix: Mapped[str] = mapped_column(Text, unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UTC)
    expires_at: Mapped[datetime] = mapped_column(UTC)
    revoked_at: Mapped[datetime | None] = mapped_column(UTC)

    user: Mapped[User] = relationship()


class SignInAttempt(Model):
    """One attempt to sign in, kept to slow down guessing."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_username_at", "username", "at"),
        Index("ix_sign_in_attempt_address_at", "address", "at"),
    )

    id: Mapped[int] = identity_key()
    username: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTC)
    succeeded: Mapped[bool] = mapped_column(Boolean)
