"""HTML in texts: where there is some, and the text without it."""

from __future__ import annotations

import html
import re

TAG = r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]{0,300})?/?>|<!--[^<>]{0,300}-->"
HTML = TAG + r"|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});"
ROUNDS = 8  # how often a text may have been escaped; nobody can make this take long


def plain_text(text: str) -> str:
    """A text without HTML tags, its entities written out; what was escaped several times too.

    >>> plain_text("<p>Tom &amp;amp; <i>Ann</i></p>")
    'Tom & Ann'
    """
    for _ in range(ROUNDS):
        without = re.sub(TAG, " ", text)
        plain = html.unescape(text if without == text else " ".join(without.split()))
        if plain == text:
            break
        text = plain
    return text
