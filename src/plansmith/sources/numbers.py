"""Numbers that belong to one person: IBAN, Romanian CNP, payment card; each with its check digits.

Enters: a text. Leaves: whether its check digits are right. Standards: ISO 13616 (IBAN, mod 97-10 of ISO 7064),
ISO/IEC 7812 (Luhn); the CNP's control digit is in the Romanian Order 1190/2001, annex.
Try: python -c "from plansmith.sources.numbers import *; print(iban_ok('GB82 WEST 1234 5698 7654 32'))"

python-stdnum knows these and more, but is under the LGPL.
"""

from __future__ import annotations

import datetime as dt

_CNP_WEIGHTS = (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)
_CENTURIES = {1: 1900, 2: 1900, 3: 1800, 4: 1800, 5: 2000, 6: 2000, 7: 1900, 8: 1900, 9: 1900}
_IBAN_LENGTHS = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18,
    "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IT": 27, "LT": 20, "LU": 20, "LV": 21, "MD": 24,
    "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SE": 24, "SI": 19, "SK": 24, "TR": 26,
    "UA": 29,
}  # fmt: skip


def iban_ok(text: str) -> bool:
    """Whether an IBAN has its country's length and the right check digits; blanks and hyphens do not count."""
    bare = "".join(c for c in text.upper() if c.isascii() and c.isalnum())
    if not 15 <= len(bare) <= 34 or _IBAN_LENGTHS.get(bare[:2], len(bare)) != len(bare):
        return False
    if not (bare[:2].isalpha() and bare[2:4].isdigit()):
        return False
    return int("".join(str(int(c, 36)) for c in bare[4:] + bare[:4])) % 97 == 1


def cnp_ok(text: str) -> bool:
    """Whether 13 digits are a Romanian personal number: a possible sex, date and county, and the right control digit."""
    if len(text) != 13 or not (text.isascii() and text.isdigit()) or text[0] == "0":
        return False
    digits = [int(c) for c in text]
    try:
        dt.date(_CENTURIES[digits[0]] + int(text[1:3]), int(text[3:5]), int(text[5:7]))
    except ValueError:
        # the year of a resident (7, 8, 9) is taken as 19YY; 29 February 2000 is the one date this could miss
        if not (digits[0] in (7, 8, 9) and text[1:7] == "000229"):
            return False
    if not (1 <= int(text[7:9]) <= 52 or 70 <= int(text[7:9]) <= 83) or text[9:12] == "000":
        return False
    total = sum(d * w for d, w in zip(digits, _CNP_WEIGHTS, strict=False)) % 11
    return digits[12] == (1 if total == 10 else total)


def card_ok(text: str) -> bool:
    """Whether 13 to 19 digits, blanks and hyphens aside, are a payment card's number."""
    bare = "".join(c for c in text if c.isascii() and c.isdigit())
    if not 13 <= len(bare) <= 19 or bare[0] not in "23456" or len(set(bare)) < 2:
        return False
    doubled = (sum(divmod(2 * int(c), 10)) for c in bare[-2::-2])
    return (sum(doubled) + sum(map(int, bare[-1::-2]))) % 10 == 0
