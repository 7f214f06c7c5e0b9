"""TLS for the kinds that bring no settings of their own for it, with kube-eventer's names of the options."""

from __future__ import annotations

import ssl

from eventcenter.errors import ConfigError
from sinks.kind import Option, boolean, text
from sinks.settings import SinkSettings

TLS_OPTIONS = (
    Option("cacert", "a file with the certificate of the authority", text),
    Option("cert", "a file with the certificate of the client, with key", text),
    Option("key", "a file with its private key", text),
    Option("insecuressl", "take any certificate of the other side", boolean, False),
)


def tls_context(settings: SinkSettings) -> ssl.SSLContext:
    """ConfigError when a file cannot be used."""
    kind = settings.kind.name
    if bool(settings["cert"]) != bool(settings["key"]):
        raise ConfigError(f"{kind}: cert and key go together; one of them is missing")
    try:
        context = ssl.create_default_context(cafile=settings["cacert"])
        if settings["cert"]:
            context.load_cert_chain(settings["cert"], settings["key"])
    except OSError as error:  # SSLError is one
        raise ConfigError(f"{kind}: cacert, cert or key cannot be used: {error.strerror or error}") from None
    if settings["insecuressl"]:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
