"""Romanian verbs that lost what governs them: "clienții trebuie să poată plăti" restated as "clienții plăti".

Enters: a statement and the client's sentence. Leaves: the verbs that the statement breaks.
Try: python -c "from plansmith.plan.stranded import *; print(stranded('Clienții plăti.', 'Clienții pot plăti.'))"

The words in between ("poată", "să") carry no meaning of their own, so that counting content words finds nothing amiss.
"""

from __future__ import annotations

import re
from functools import cache

from plansmith.plan.words import fold

_SMALL = r"(?:(?:nu|mai|isi|si|se|le|o|ii|il|i|l|va|ne|te|ma|doar|oricand|usor|apoi|online|direct)\s+)*"
_GOVERNORS = {
    # what stands before an infinitive in the sentence, and all that may stand before it in a statement
    "infinitive": (
        r"pot|poti|poate|poata|putem|puteti|putea|vor|vom|voi|de\s+a|pentru\s+a",
        r"pot|poti|poate|poata|putem|puteti|putut|putea|vor|vom|voi|veti|va|vei|ar|as|ai|ati|am|a|nu|si|sau",
    ),
    "subjunctive": (r"sa|sa-(?:si|i|l|o|le)|s-o", r"sa|sa-(?:si|i|l|o|le)|s-o|si|sau"),
}


def stranded(statement: str, given: str) -> list[str]:
    """Verbs of the sentence that stand in the statement without "a putea", a future or "să" before them."""
    said, found = fold(statement), []
    for kind, (there, here) in _GOVERNORS.items():
        verbs = {m["verb"]: None for m in _behind(there).finditer(fold(given))}
        for verb in verbs:
            if kind == "infinitive" and (verb in ("sa", "a") or not verb.endswith(("a", "e", "i"))):
                continue
            if _free(verb, here, said) and not _free(verb, here, fold(given)):
                spot = re.search(rf"\b{verb}\b", said)
                found.append(statement[spot.start() : spot.end()] if spot else verb)
    return list(dict.fromkeys(found))


@cache
def _behind(governors: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{governors})\s+{_SMALL}(?P<verb>\w{{2,}})")


def _free(verb: str, governors: str, folded: str) -> bool:
    """Whether the word stands somewhere with no governor before it."""
    ruled = re.compile(rf"(?<![\w-])(?:{governors})\s+{_SMALL}$")
    return any(not ruled.search(folded[: m.start()]) for m in re.finditer(rf"\b{verb}\b", folded))
