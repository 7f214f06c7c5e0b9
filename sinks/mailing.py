"""One delivery over SMTP: connects, protects, logs in, hands over; what servers answer becomes a DeliveryError."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from sinks.cutoff import doing_after
from sinks.delivery import Broken, DeliveryError, Refused, TryAgain

Refusals = dict[str, tuple[int, bytes]]
TOO_LARGE = 552


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    protection: str
    """`tls`: from the first byte; `starttls`: required; `opportunistic`: where it is offered; `none`."""
    user: str
    password: str
    context: ssl.SSLContext
    timeout_s: float


def deliver(server: Server, message: EmailMessage, sender: str, recipients: Sequence[str]) -> Refusals:
    """Those of several recipients that the server does not take, while others are told. DeliveryError when nobody is;
    its text is not free of secrets."""
    try:
        with _session(server) as smtp:
            return smtp.send_message(message, sender, list(recipients))
    except DeliveryError:
        raise
    except smtplib.SMTPRecipientsRefused as error:
        raise _about_recipients(error.recipients) from None
    except smtplib.SMTPSenderRefused as error:
        raise _by_code(error, Refused if error.smtp_code == TOO_LARGE else Broken) from None
    except smtplib.SMTPDataError as error:
        raise _by_code(error, Refused) from None
    except smtplib.SMTPResponseException as error:  # greeting, EHLO, login
        raise _by_code(error, Broken) from None
    except smtplib.SMTPNotSupportedError as error:
        raise Broken(f"{error}", hint="Look at tls, user and the addresses.") from None
    except ssl.SSLCertVerificationError as error:
        raise Broken(
            f"the certificate of the mail server is not valid: {error.verify_message}",
            hint="Give the authority's certificate as cacert.",
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise TryAgain(
            f"{server.host}:{server.port} does not take it: {error or type(error).__name__}"
        ) from None
    except (ValueError, UnicodeError) as error:
        raise Refused(f"no mail can be made of it: {error}") from None


@contextlib.contextmanager
def _session(server: Server) -> Iterator[smtplib.SMTP]:
    if server.protection == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            local_hostname=_own_name(), timeout=server.timeout_s, context=server.context
        )
    else:
        smtp = smtplib.SMTP(local_hostname=_own_name(), timeout=server.timeout_s)
    with _ended_after(smtp, server.timeout_s):
        try:
            # What TLS checks the certificate for. Given to the constructor, it would connect there, without our limit.
            smtp._host = server.host  # type: ignore[attr-defined]
            code, said = smtp.connect(server.host, server.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, said)
            _protect(smtp, server)
            if server.user:
                smtp.login(server.user, server.password)
            yield smtp
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()  # it has the mail already
        finally:
            smtp.close()


def _own_name() -> str:
    """For EHLO. Python would ask the DNS for it, without a time limit."""
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"


def _protect(smtp: smtplib.SMTP, server: Server) -> None:
    smtp.ehlo_or_helo_if_needed()
    if server.protection == "starttls" or (
        server.protection == "opportunistic" and smtp.has_extn("starttls")
    ):
        smtp.starttls(context=server.context)
        smtp.ehlo()


@contextlib.contextmanager
def _ended_after(smtp: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """The time limit of sockets is for each piece, and a server can send a piece a minute: here is one for all."""

    def end() -> None:
        if smtp.sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(
                    smtp.sock, socket.SHUT_RDWR
                )  # that of TLS would take it apart while it is read

    with doing_after(seconds, end):
        yield


def _about_recipients(refusals: Refusals) -> DeliveryError:
    told = "; ".join(f"{who}: {code} {_text(said)}" for who, (code, said) in refusals.items())[:300]
    if any(code < 500 for code, _ in refusals.values()):
        return TryAgain(f"no recipient was taken: {told}")
    return Broken(f"no recipient was taken: {told}", hint="Look at `to` and at what this user may send to.")


def _by_code(error: smtplib.SMTPResponseException, permanent: type[Broken] | type[Refused]) -> DeliveryError:
    told = f"answered {error.smtp_code} {_text(error.smtp_error)}"
    return permanent(told) if 500 <= error.smtp_code < 600 else TryAgain(told)


def _text(said: bytes | str) -> str:
    return " ".join((said.decode("utf-8", "replace") if isinstance(said, bytes) else said).split())[:200]
