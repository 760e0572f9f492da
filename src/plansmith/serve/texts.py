"""The words of the pages, in the reader's language.

Enters: a language code and a key of locale/serve.*.toml, such as `nav.plans`. Leaves: the text, filled in.
Try: python -c "from plansmith.serve.texts import say; print(say('ro', 'nav.plans'))"
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from plansmith.locale import LANGUAGES, figure, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

COOKIE = "plansmith_language"


def say(language: str, key: str, **values: Any) -> str:
    """A text of the pages; with `n`, in the number's form: 1 plan, 2 plans; 20 de planuri."""
    name, _, short = key.partition(".")
    text = table(language, "serve")[name][short]
    if isinstance(text, dict):
        from babel import Locale

        form = Locale.parse("ro_RO" if language == "ro" else "en_GB").plural_form(values["n"])
        text = text.get(form, text["other"])
    told = {k: figure(language, v) if isinstance(v, int | float) else v for k, v in values.items()}
    return str(text).format(**told) if told else str(text)


def teller(language: str) -> Callable[..., str]:
    """`say` in one language."""
    return partial(say, language)


def language_of(request: Request) -> str:
    """What the reader chose; else the first of the browser's languages that there are texts for."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    for part in request.headers.get("accept-language", "").split(","):
        if (code := part.strip()[:2].lower()) in LANGUAGES:
            return code
    return "en"
