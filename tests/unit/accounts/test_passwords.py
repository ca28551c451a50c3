"""Passwords are hashed as RFC 9106 advises; only the tests do it cheaply."""

from __future__ import annotations

from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from accounts.steps import users
from tests.support.passwords import CHEAP, SHIPPED


def test_the_service_hashes_as_rfc_9106_advises() -> None:
    assert extract_parameters(SHIPPED.hash("correct horse 7")) == RFC_9106_LOW_MEMORY


def test_the_tests_themselves_do_it_cheaply() -> None:
    assert users.HASHER is CHEAP
    assert users.hashed("correct horse 7").startswith("$argon2id$v=19$m=8,t=1,p=1$")
