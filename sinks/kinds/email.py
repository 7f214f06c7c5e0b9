"""`email`: mails over SMTP, as text and HTML, to several recipients."""

from __future__ import annotations

import hashlib
import html
import logging
import re
import ssl
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

from eventcenter.errors import ConfigError
from eventcenter.rules import Severity
from sinks.delivery import DeliveryError, TryAgain
from sinks.kind import Kind, Option, boolean, comma_list, one_of, text
from sinks.mailing import Server, deliver
from sinks.markdown import html_of
from sinks.messages import Message, cut_bytes, cut_chars
from sinks.robots import delivery_id
from sinks.settings import SinkSettings

log = logging.getLogger(__name__)

_PRIORITIES: dict[Severity, str] = {"critical": "1", "high": "2", "medium": "3", "low": "4", "info": "5"}
_COLOURS: dict[Severity, str] = {
    "critical": "#b3001b",
    "high": "#c2560f",
    "medium": "#9a7b00",
    "low": "#3572b0",
    "info": "#6b7079",
}
MAX_BYTES = 200_000


def address(given: str) -> str:
    """A mail address, also `Name <user@host>`."""
    found = parseaddr(given)[1]
    if "@" not in found.strip("@") or any(sign in given for sign in "\r\n"):
        raise ValueError("is not a mail address")
    return given.strip()


def addresses(given: str) -> tuple[str, ...]:
    return tuple(address(one) for one in comma_list(given))


class Mail:
    resolves = False

    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        self._server = server_of(settings)
        self._from = settings["from"] or self._server.user
        if "@" not in self._from:
            raise ConfigError(
                "email: from is missing: the address that mails come from, as in from=events@example.com"
            )
        self._left: tuple[str, tuple[str, ...]] = ("", ())
        """Of the mail that not all have got: its id, and who is still to get it."""

    def tell(self, message: Message) -> None:
        mail = self._mail(message)
        identity = delivery_id(message)
        recipients = self._left[1] if self._left[0] == identity else self._settings["to"]
        bare = [parseaddr(one)[1] for one in recipients]
        try:
            refusals = deliver(self._server, mail, parseaddr(self._from)[1], bare)
        except DeliveryError as error:
            raise self._hidden(error) from None
        self._left = ("", ())
        later = tuple(who for who, (code, _) in refusals.items() if code < 500)
        for who in refusals.keys() - set(later):
            log.warning(
                "a recipient is refused sink=%s to=%s code=%d", self._settings.name, who, refusals[who][0]
            )
        if later:  # greylisted, as a rule; the others must not get it twice
            self._left = (identity, later)
            raise TryAgain(f"not taken yet for {len(later)} of {len(bare)} recipients")

    def _hidden(self, error: DeliveryError) -> DeliveryError:
        return type(error)(self._settings.hide(str(error)), hint=error.hint)

    def _mail(self, message: Message) -> EmailMessage:
        domain = parseaddr(self._from)[1].partition("@")[2]
        mail = EmailMessage()
        mail["Subject"] = one_line(cut_chars(message.title, 250))
        mail["From"] = self._from
        mail["To"] = ", ".join(self._settings["to"])
        mail["Date"] = formatdate()
        mail["Message-ID"] = f"<{delivery_id(message)}@{domain}>"  # the same when it is sent again
        mail["References"] = f"<{thread_of(message)}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Priority"] = _PRIORITIES[message.severity]
        ending = f"\n\n{message.link}" if message.link else ""
        mail.set_content(mailable(cut_bytes(message.text, MAX_BYTES)) + ending + "\n")
        mail.add_alternative(mailable(html_page(message)), subtype="html")
        return mail

    def close(self) -> None:
        """A connection is closed after every mail."""


def html_page(message: Message) -> str:
    colour = "#2e8b57" if message.resolved else _COLOURS[message.severity]
    link = html.escape(message.link)
    ending = f'<p><a href="{link}">{link}</a></p>' if message.link else ""
    return (
        '<!doctype html><html><body style="font-family:sans-serif">'
        f'<div style="border-left:4px solid {colour};padding-left:12px">'
        f'<h3 style="color:{colour}">{html.escape(message.title)}</h3>'
        f"{html_of(cut_chars(message.markdown, MAX_BYTES))}{ending}</div></body></html>\n"
    )


def one_line(title: str) -> str:
    """What a header can hold."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in title).split())


def mailable(text: str) -> str:
    """Without control characters, which mail servers refuse, and halves of surrogate pairs."""
    return re.sub(r"[^\S\n\t ]|[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]", " ", text)


def thread_of(message: Message) -> str:
    return hashlib.sha256(message.key.encode("utf-8", "replace")).hexdigest()[:32]


def server_of(settings: SinkSettings) -> Server:
    """ConfigError for an address that is none."""
    try:
        parts = urlsplit(settings.url)
        port = parts.port
    except ValueError:
        raise ConfigError("email: the port of its address is no number from 1 to 65535") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ConfigError("email: the address of the server is smtp://HOST:PORT or smtps://HOST:PORT")
    user = settings["user"] or unquote(parts.username or "")
    protection = settings["tls"]
    if protection is None:
        protection = "tls" if parts.scheme == "smtps" else "starttls" if user else "opportunistic"
    default_port = 465 if protection == "tls" else 587 if user else 25
    return Server(
        host=parts.hostname,
        port=port or default_port,
        protection=protection,
        user=user,
        password=settings["password"] or unquote(parts.password or ""),
        context=_context(settings),
        timeout_s=settings.timeout_s,
    )


def _context(settings: SinkSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings["cacert"])
    except (OSError, ssl.SSLError):
        raise ConfigError(f"email: cacert: {settings['cacert']} is no file with certificates") from None
    if settings["insecure"]:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


KIND = Kind(
    name="email",
    summary="Mails as text and HTML, over SMTP.",
    example="email:smtp://mail.example.com:587?user=events@example.com&password=SECRET&to=a@example.com,b@example.com",
    options=(
        Option("to", "who gets the mails, comma-separated", addresses, required=True),
        Option("from", "the address that they come from; the user, where that is an address", address),
        Option("user", "for the login"),
        Option("password", "for the login", secret=True),
        Option(
            "tls",
            "tls: from the first byte (the default of smtps); starttls: required (the default where there is a user); "
            "opportunistic: where the server offers it (the default without one); none",
            one_of("tls", "starttls", "opportunistic", "none"),
        ),
        Option("cacert", "a file with the certificates of the authority that the server's is of", text),
        Option("insecure", "do not verify certificates", boolean, False),
    ),
    messenger=Mail,
    default_level="Warning",
    per_minute=60,
)
