"""The words of the pages in the language of the request: a typed door to flask-babel."""

from __future__ import annotations

from flask_babel import get_locale
from flask_babel import gettext as _gettext


def _(message: str, **values: object) -> str:
    return str(_gettext(message, **values))


def is_chinese() -> bool:
    return str(get_locale()).startswith("zh")
