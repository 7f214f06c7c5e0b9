"""Credentials in a log are hidden, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcenter.crashlogs.redacting import HIDDEN, Redactor

redact = Redactor()

SECRETS = [
    "postgres://app:hunter2@db:5432/shop",
    "amqp://u:hun@ter2@mq/",
    "Authorization: Bearer hunter2hunter2",
    '"authorization": "Basic aHVudGVyMg=="',
    "curl -H 'Authorization: hunter2'",
    "using bearer abc.def-hunter2",
    "password=hunter2",
    'DB_PASSWORD: "my hunter2 x"',
    '{"api_key":"hunter2","x":1}',
    "client-secret = hunter2;",
    "token: eyJhbGciOi.hunter2xx.sig",
    "got eyJhbGciOiJIUzI1.eyJzdWIiOihunter2.c2ln from the browser",
    "Set-Cookie: session=hunter2; Path=/",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIhunter2\nabc\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIIhunter2 and the log ends",
    "hunter2AAA/+\nxyz==\n-----END EC PRIVATE KEY-----",
    "pass\x1b[31mword=hunter2",
    "AKIAHUNTER2HUNTER2AA",
    "ghp_hunter2hunter2hunter2hunter2",
]


@pytest.mark.parametrize("text", SECRETS)
def test_credentials_are_hidden(text: str) -> None:
    hidden = redact(f"before\n{text}\n" if not text.startswith("hunter2") else text)
    assert "hunter2" not in hidden.lower() and HIDDEN in hidden


@pytest.mark.parametrize(
    "text",
    [
        "GET http://shop.example:8080/cart?id=7 200",
        "panic: runtime error at main.go:12",
        "token bucket is empty",
        "10:15:02 user@example.com logged in",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    ],
)
def test_other_lines_stay_as_they_are(text: str) -> None:
    assert redact(text) == text


def test_own_patterns_are_hidden_too() -> None:
    assert Redactor([r"(?P<keep>customer )\d+", "ACME"])("customer 4711 of ACME") == "customer *** of ***"


@given(st.text(max_size=300))
def test_any_text_can_be_read_and_nothing_is_hidden_twice(text: str) -> None:
    once = redact(text)
    assert "\x1b[0m" not in once
    assert len(once) <= len(text) + len(HIDDEN) * (len(text) + 1)


@given(st.text(alphabet=st.characters(categories=("Lu", "Ll", "Nd")), min_size=8, max_size=40))
def test_any_password_in_an_address_is_hidden(password: str) -> None:
    assert f":{password}@" not in redact(f"redis://user:{password}@cache:6379/0")
