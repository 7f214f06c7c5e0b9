"""Mails through a real SMTP server: what is in them, who gets them, and what becomes of refusals."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from urllib.parse import quote_plus

import pytest

from eventcenter.errors import ConfigError
from sinks.configuring import problems
from sinks.delivery import Broken, Refused, TryAgain
from sinks.messages import Messenger
from sinks.reading import Written
from tests.sinks.made import settings
from tests.sinks.people.made import HOSTILE, LINK, hostile, message, messenger
from tests.sinks.servers.smtp import PASSWORD, USER, Certificate, MailServer

Opened = Callable[[Written], Messenger]
Serve = Callable[..., MailServer]
TO = "to=a@example.com,b@example.com&from=Events <events@example.com>"
LOGIN = f"user={USER}&password={quote_plus(PASSWORD)}"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[MailServer] = []

    def start(*arguments: object, **options: object) -> MailServer:
        servers.append(MailServer(*arguments, **options))  # type: ignore[arg-type]
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def server(serve: Serve) -> MailServer:
    return serve()


@pytest.fixture
def plain(server: MailServer) -> str:
    return f"email:smtp://localhost:{server.port}?{TO}"


def parts(mail: EmailMessage) -> tuple[str, str]:
    """Text and HTML."""
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and page is not None
    return text.get_content().replace("\r\n", "\n"), page.get_content().replace("\r\n", "\n")


def test_a_mail(plain: str, server: MailServer, opened: Opened) -> None:
    opened(plain).tell(message())
    ((recipients, mail),) = server.mails
    assert recipients == ["a@example.com", "b@example.com"]
    assert mail["Subject"] == "BackOff: Pod shop/web-1"
    assert (mail["From"], mail["To"]) == ("Events <events@example.com>", "a@example.com, b@example.com")
    assert (mail["Auto-Submitted"], mail["X-Priority"]) == ("auto-generated", "2")
    assert mail["Date"].datetime.year >= 2025
    text, page = parts(mail)
    assert text == f"×37 in 5 min\nBack-off restarting failed container\n\n{LINK}\n"
    assert "<strong>×37</strong> in 5 min" in page
    assert "<li>Back-off restarting failed container</li>" in page
    assert f'<a href="{LINK}">' in page


def test_chinese_stays_readable(plain: str, server: MailServer, opened: Opened) -> None:
    opened(plain).tell(message("容器启动失败", title="节点 ×37"))
    ((_, mail),) = server.mails
    assert mail["Subject"] == "节点 ×37"
    text, page = parts(mail)
    assert "容器启动失败" in text and "容器启动失败" in page


def test_what_is_tried_again_has_the_same_id_and_one_thread(
    plain: str, server: MailServer, opened: Opened
) -> None:
    sink = opened(plain)
    for one in (message(), message(), message(number=2), message(key="k-2")):
        sink.tell(one)
    ids = [mail["Message-ID"] for _, mail in server.mails]
    assert ids[0] == ids[1] and len(set(ids)) == 3
    threads = [mail["References"] for _, mail in server.mails]
    assert threads[0] == threads[1] == threads[2] != threads[3]


def test_events_put_nothing_into_the_page_or_the_headers(
    plain: str, server: MailServer, opened: Opened
) -> None:
    opened(plain).tell(hostile(key="k"))
    opened(plain).tell(message(title="a\r\nBcc: evil@example.com\r\n\r\nb"))
    (_, mail), (recipients, injected) = server.mails
    page = parts(mail)[1]
    assert page.count("<a ") == 1 and "<img" not in page and "<at" not in page
    assert HOSTILE in parts(mail)[0]
    assert injected["Bcc"] is None and recipients == ["a@example.com", "b@example.com"]
    assert injected["Subject"] == "a Bcc: evil@example.com b"


def test_starttls_and_login(serve: Serve, certificate: Certificate, opened: Opened) -> None:
    server = serve(certificate, tls="starttls", login=True)
    opened(f"email:smtp://localhost:{server.port}?{TO}&{LOGIN}&cacert={certificate.file}").tell(message())
    assert server.logins == [USER]
    assert len(server.mails) == 1


def test_tls_from_the_first_byte(serve: Serve, certificate: Certificate, opened: Opened) -> None:
    server = serve(certificate, tls="tls", login=True)
    opened(f"email:smtps://localhost:{server.port}?{TO}&{LOGIN}&cacert={certificate.file}").tell(message())
    assert server.logins == [USER] and len(server.mails) == 1


def test_user_and_password_in_the_address(serve: Serve, certificate: Certificate, opened: Opened) -> None:
    server = serve(certificate, tls="starttls", login=True)
    who = f"{quote_plus(USER)}:{quote_plus(PASSWORD).replace('+', '%20', 1)}"
    line = f"email:smtp://{who}@localhost:{server.port}?to=a@example.com&cacert={certificate.file}"
    opened(line).tell(message())
    ((_, mail),) = server.mails
    assert mail["From"] == USER
    assert "p4ss" not in settings(line).shown_whole


def test_a_wrong_password(serve: Serve, certificate: Certificate, opened: Opened) -> None:
    server = serve(certificate, tls="starttls", login=True)
    line = (
        f"email:smtp://localhost:{server.port}?{TO}&user={USER}&password=wr0ngwr0ng&cacert={certificate.file}"
    )
    with pytest.raises(Broken, match="535") as caught:
        opened(line).tell(message())
    assert "wr0ng" not in str(caught.value)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_certificate_of_nobody_known(
    tls: str, serve: Serve, certificate: Certificate, opened: Opened
) -> None:
    server = serve(certificate, tls=tls)
    with pytest.raises(Broken, match="certificate"):
        opened(f"email:smtp://localhost:{server.port}?{TO}&tls={tls}").tell(message())
    opened(f"email:smtp://localhost:{server.port}?{TO}&tls={tls}&insecure=true").tell(message())
    assert len(server.mails) == 1


def test_the_certificate_is_for_the_name(serve: Serve, certificate: Certificate, opened: Opened) -> None:
    server = serve(certificate, tls="tls")
    with pytest.raises(Broken, match="certificate"):
        opened(f"email:smtps://127.0.0.1:{server.port}?{TO}&cacert={certificate.file}").tell(message())


def test_a_password_is_never_sent_in_the_clear(server: MailServer, plain: str, opened: Opened) -> None:
    with pytest.raises(Broken, match="STARTTLS"):
        opened(f"{plain}&{LOGIN}").tell(message())
    assert server.logins == [] and server.mails == []


def test_without_a_user_tls_is_used_where_it_is_offered(
    serve: Serve, certificate: Certificate, opened: Opened
) -> None:
    server = serve(certificate, tls="starttls")
    opened(f"email:smtp://localhost:{server.port}?{TO}&cacert={certificate.file}").tell(message())
    assert len(server.mails) == 1


def test_some_recipients_later(plain: str, server: MailServer, opened: Opened) -> None:
    """Those who have it do not get it twice; the next message goes to all again."""
    server.recipient_answers["b@example.com"] = ["450 greylisted", "451 still"]
    sink = opened(plain)
    for _ in range(2):
        with pytest.raises(TryAgain):
            sink.tell(message())
    sink.tell(message())
    sink.tell(message(number=2))
    assert [recipients for recipients, _ in server.mails] == [
        ["a@example.com"],
        ["b@example.com"],
        ["a@example.com", "b@example.com"],
    ]


def test_a_recipient_that_is_refused_for_good_holds_up_nobody(
    plain: str, server: MailServer, opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    server.recipient_answers["b@example.com"] = ["550 no such user"]
    opened(plain).tell(message())
    assert [recipients for recipients, _ in server.mails] == [["a@example.com"]]
    assert "b@example.com" in caplog.text


def test_no_recipient_is_taken(plain: str, server: MailServer, opened: Opened) -> None:
    server.recipient_answers = {
        "a@example.com": ["550 no", "450 later", "550 no"],
        "b@example.com": ["550 no", "550 no", "450 later"],
    }
    sink = opened(plain)
    for error in (Broken, TryAgain, TryAgain):
        with pytest.raises(error):
            sink.tell(message())
    assert server.mails == []


@pytest.mark.parametrize(
    ("where", "answer", "error"),
    [
        ("mail_answers", "550 not yours", Broken),
        ("mail_answers", "552 too large", Refused),
        ("mail_answers", "451 busy", TryAgain),
        ("data_answers", "554 looks like spam", Refused),
        ("data_answers", "451 try later", TryAgain),
    ],
)
def test_answers(
    where: str, answer: str, error: type[Exception], plain: str, server: MailServer, opened: Opened
) -> None:
    setattr(server, where, [answer])
    sink = opened(plain)
    with pytest.raises(error, match=answer[:3]):
        sink.tell(message())
    sink.tell(message())
    assert len(server.mails) == 1


@pytest.fixture
def odd_server() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """A server that does with a connection what it is told; its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def start(behave: Callable[[socket.socket], None]) -> int:
        def serve_one() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    behave(connection)
                except OSError:
                    return

        threads.append(threading.Thread(target=serve_one))
        threads[-1].start()
        port: int = listener.getsockname()[1]
        return port

    yield start
    listener.close()
    for thread in threads:
        thread.join(20)


def silent(connection: socket.socket) -> None:
    connection.settimeout(10)
    connection.recv(1)


def half_closed(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(10)
    while connection.recv(100):
        pass


def trickling(connection: socket.socket) -> None:
    connection.settimeout(10)
    for _ in range(100):
        connection.sendall(b"220-still\r\n")
        time.sleep(0.1)


def garbage(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def busy(connection: socket.socket) -> None:
    connection.sendall(b"421 too many connections\r\n")


def broken_off(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    connection.recv(100)
    connection.sendall(b"250 ok\r\n")
    connection.recv(100)


@pytest.mark.parametrize("behave", [silent, half_closed, trickling, garbage, busy, broken_off])
def test_servers_that_do_not_do_as_they_should(
    behave: Callable[[socket.socket], None],
    odd_server: Callable[[Callable[[socket.socket], None]], int],
    opened: Opened,
) -> None:
    port = odd_server(behave)
    began = time.monotonic()
    with pytest.raises(TryAgain):
        opened(f"email:smtp://127.0.0.1:{port}?{TO}&timeout=1s").tell(message())
    assert time.monotonic() - began < 4


def test_nobody_listens(opened: Opened) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        with pytest.raises(TryAgain):
            opened(f"email:smtp://127.0.0.1:{found.getsockname()[1]}?{TO}").tell(message())


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("email:smtp://mail?from=a@b", "to is missing"),
        ("email:smtp://mail?to=a@b&from=nobody", "from"),
        ("email:smtp://mail?to=a@b,nobody&from=a@b", "to"),
        ("email:http://mail?to=a@b&from=a@b", "smtp://HOST:PORT"),
        ("email:smtp://mail:99999?to=a@b&from=a@b", "port"),
        ("email:smtp://mail?to=a@b&from=a@b&cacert=/none", "cacert"),
        ("email:smtp://mail?to=a@b", "from is missing"),
    ],
)
def test_wrong_settings(line: str, told: str) -> None:
    (problem,) = problems([line])
    assert told in problem


def test_ports_by_protection() -> None:
    from sinks.kinds.email import server_of

    def found(line: str) -> tuple[int, str]:
        server = server_of(settings(f"email:{line}?to=a@b&from=c@d"))
        return server.port, server.protection

    assert found("smtp://mail") == (25, "opportunistic")
    assert found("smtp://u:p@mail") == (587, "starttls")
    assert found("smtps://u:p@mail") == (465, "tls")
    assert found("smtp://mail:2525") == (2525, "opportunistic")


def test_it_is_not_for_the_page() -> None:
    with pytest.raises(ConfigError, match="page"):
        from sinks.configuring import configure

        configure([f"email:smtp://mail?{TO}"], guarded=True)
    assert messenger(f"email:smtp://mail?{TO}").resolves is False
