"""Texts that would run a script, if a page let them: 50 ways, each in 4 spellings.

Each calls `hit(N)`, with its own number, so that a browser tells which one ran.
"""

_WAYS = (
    "<script>hit({n})</script>",
    "<img src=x onerror=hit({n})>",
    "<svg/onload=hit({n})>",
    '"><script>hit({n})</script>',
    "'><img src=x onerror=hit({n})>",
    "</textarea><script>hit({n})</script>",
    "</title><script>hit({n})</script>",
    "</style><script>hit({n})</script>",
    "</script><script>hit({n})</script>",
    "--><script>hit({n})</script>",
    "<!--><script>hit({n})</script>",
    "<a href=javascript:hit({n})>x</a>",
    '<a href="jav&#x09;ascript:hit({n})">x</a>',
    "[x](javascript:hit({n}))",
    "[x](data:text/html,<script>hit({n})</script>)",
    "![x](x){{onerror=hit({n})}}",
    '![x" onerror="hit({n})](x)',
    "<javascript:hit({n})>",
    "<iframe srcdoc='<script>parent.hit({n})</script>'></iframe>",
    "<iframe src=javascript:parent.hit({n})></iframe>",
    "<object data=javascript:hit({n})></object>",
    "<embed src=javascript:hit({n})>",
    "<body onload=hit({n})>",
    "<body hx-on:load=hit({n})>",
    "<div hx-on::load='hit({n})'>x</div>",
    "<div hx-get=/health hx-trigger=load hx-on::after-request=hit({n})>x</div>",
    "<div data-hx-on:click=hit({n}) autofocus tabindex=0>x</div>",
    "<div hx-vals='js:{{x: hit({n})}}' hx-get=/health hx-trigger=load>x</div>",
    "<div sse-connect=/health sse-swap=x onclick=hit({n})>x</div>",
    "<details open ontoggle=hit({n})>x</details>",
    "<input autofocus onfocus=hit({n})>",
    "<select autofocus onfocus=hit({n})></select>",
    "<video><source onerror=hit({n})></video>",
    "<audio src=x onerror=hit({n})>",
    "<marquee onstart=hit({n})>x</marquee>",
    "<math><mtext></p><style><img src=x onerror=hit({n})></style></mtext></math>",
    "<svg><style><img src=x onerror=hit({n})></style></svg>",
    "<svg><animate onbegin=hit({n}) attributeName=x dur=1s>",
    "<template><script>hit({n})</script></template><script>hit({n})</script>",
    "<noscript><p title='</noscript><img src=x onerror=hit({n})>'>",
    "<form action=javascript:hit({n})><button autofocus>x</button></form>",
    "<base href=javascript:hit({n})//>",
    "<meta http-equiv=refresh content='0;url=javascript:hit({n})'>",
    "<link rel=stylesheet href=x onerror=hit({n})>",
    "<style onload=hit({n})></style>",
    "<p style='animation:x' onanimationstart=hit({n})>x</p>",
    "' autofocus onfocus=hit({n}) x='",
    '" onmouseover=hit({n}) x="',
    "\\u003cscript\\u003ehit({n})\\u003c/script\\u003e",
    "{{{{ hit({n}) }}}}${{hit({n})}}#{{hit({n})}}",
)


def _spellings(text: str) -> tuple[str, ...]:
    """The text, with other letters for its tags, with its marks as entities, and with line ends within."""
    return (
        text,
        text.replace("script", "ScRiPt").replace("onerror", "OnErRoR").replace("onload", "ONLOAD"),
        text.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;"),
        text.replace(" ", "\t", 1).replace(">", "\n>", 1) if ">" in text else f"x\n{text}",
    )


PAYLOADS = tuple(_spellings(way.format(n=4 * n + k))[k] for n, way in enumerate(_WAYS) for k in range(4))


def spoilt_plan() -> dict[str, object]:
    """A plan, as JSON, every text of which is a payload; all 200 stand in it."""
    first = PAYLOADS[:60]
    return {
        "title": PAYLOADS[0], "client": PAYLOADS[1], "summary": "\n\n".join(PAYLOADS[:20]),
        "requirements": [{"id": f"R{i}", "text": text, "fit": text} for i, text in enumerate(PAYLOADS, 1)],
        "stories": [{"id": f"U{i}", "role": "x", "want": text, "requirements": [f"R{i}"]} for i, text in enumerate(first, 1)],
        "tasks": [{"id": f"T{i}", "title": text, "role": "web", "done_when": text, "serves": [f"R{i}"]} for i, text in enumerate(first, 1)],
        "risks": [{"id": f"K{i}", "event": text, "owner": text} for i, text in enumerate(first, 1)],
        "questions": [{"id": f"Q{i}", "text": text, "answer": text} for i, text in enumerate(first, 1)],
    }  # fmt: skip
