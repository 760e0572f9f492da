"""Bytes of unknown encoding → text.

Enters: bytes, and the character set that the file declares, if any. Leaves: text and the encoding's name.
Try: python -c "from plansmith.sources.formats.encoding import guess; print(guess('Ziua bună, și mulțumesc'.encode('utf-8')))"

Order: byte order mark, UTF-8, what is declared, Romanian in windows-1250, the letters that western and central Europe use,
then charset-normalizer among their encodings.
"""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = set("àáâãäåæçèéêëìíîïñòóôõöøœùúûüÿßšžªº")
_CENTRAL = set("ăâáąäćčçďđéęěëíîľĺłńňóôőöŕřśşšťţúůűüýźżž") - set("ŕĺ")
_FAMILY = ["cp1252", "cp1250", "iso8859_2", "iso8859_15", "iso8859_16", "mac_roman", "cp852"]
_ROMANIAN = set("ăâîşţĂÂÎŞŢ„”“’‘–—…«»•€ \u00a0§°©®")
_SIGNS = set("„”“’‘–—…«»•€£§°©®™ \u00a0·¡¿×÷±²³½¼¾µ¶")
_WORDS = re.compile(r"\b(?:şi|să|că|în|și|pentru|este|sunt|vrem|dorim|care|trebuie|poate|din|cu|la)\b", re.IGNORECASE)


def guess(data: bytes, declared: str = "") -> tuple[str, str]:
    """Text and encoding; bytes that are no letters in any encoding become U+FFFD."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace"), name
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        mended = data.decode("utf-8", "replace")
    broken = mended.count("\ufffd")
    if sum(c > "\x7f" for c in mended) - broken > 4 * broken:  # UTF-8 with a few bytes spoilt on the way
        return mended, "utf-8 with broken bytes"
    for name in filter(None, (_known(declared), _by_letters(data))):
        try:
            return data.decode(name), name
        except (UnicodeDecodeError, LookupError):
            continue
    return _by_statistics(data)


def _known(declared: str) -> str:
    """A declared name as browsers take it: Latin-1 means windows-1252; UTF-8 was tried already."""
    try:
        name = codecs.lookup(declared.strip().strip("\"'")).name if declared.strip() else ""
    except (LookupError, ValueError):
        return ""
    if name in ("iso8859-1", "ascii"):
        return "cp1252"
    return "" if name.startswith(("utf-8", "utf-7")) or name in ("idna", "punycode", "unicode-escape") else name


def _by_letters(data: bytes) -> str:
    """windows-1250 or -1252, where the letters that the bytes then show belong to one of the two only."""
    if _romanian(data):
        return "cp1250"
    western, central = _strange(data, "cp1252", _WESTERN), _strange(data, "cp1250", _CENTRAL)
    if western == central:
        return ""
    return "cp1252" if western < central else "cp1250"


def _strange(data: bytes, name: str, letters: set[str]) -> int:
    """How many characters within words do not belong there."""
    text = data[:200_000].decode(name, "replace").lower()
    return sum(
        c not in letters
        for word in re.findall(r"[^\W\d_]+[^\x00-\x7f]?|[^\x00-\x7f]", text)
        for c in word
        if c > "\x7f" and c not in _SIGNS
    )


def _romanian(data: bytes) -> bool:
    try:
        text = data.decode("cp1250")
    except UnicodeDecodeError:
        return False
    letters = {c for c in text if ord(c) > 127}
    return letters <= _ROMANIAN and bool(letters & set("ăşţ")) and len(_WORDS.findall(text)) >= 1


def _by_statistics(data: bytes) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:200_000], cp_isolation=_FAMILY, explain=False).best()
    name = best.encoding if best else "cp1252"
    try:
        return data.decode(name), name
    except (UnicodeDecodeError, LookupError):
        return data.decode("cp1252", "replace"), "cp1252"
