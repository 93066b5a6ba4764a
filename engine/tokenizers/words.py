"""Words as tokens: splitting text with a regular expression, and two tokenizers over a vocabulary of words.

    >>> tokens = split_text("Is this-- a test?")
    >>> tokens
    ['Is', 'this', '--', 'a', 'test', '?']
    >>> tokenizer = SimpleTokenizerV1(build_vocabulary(tokens))
    >>> tokenizer.encode("Is this a test?")
    [2, 5, 3, 4, 1]
    >>> tokenizer.decode([2, 5, 3, 4, 1])
    'Is this a test?'

Source: the notes, 2.2 to 2.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import regex

from engine.errors import InputError, UnknownTokenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Punctuation, double dashes and white space; the group keeps them as tokens of their own.
DEFAULT_PATTERN = r"""([,.:;?_!"()\']|--|\s)"""
UNKNOWN = "<|unk|>"
# A pattern such as (a+)+b needs longer than the age of the universe on some texts.
_SECONDS = 2.0
_SPACE_BEFORE_PUNCTUATION = regex.compile(r"""\s+([,.:;?!"()\'])""")


def split_text(
    text: str, pattern: str = DEFAULT_PATTERN, keep_whitespace: bool = False, lowercase: bool = False
) -> list[str]:
    """The tokens of a text: what stands between the matches of the pattern, and what its groups match.

    keep_whitespace  keep spaces and line ends as tokens
    lowercase        make all letters small first

    Raises InputError when the pattern is not a regular expression, or takes longer than two seconds.
    """
    try:
        parts = regex.split(pattern, text.lower() if lowercase else text, timeout=_SECONDS)
    except regex.error as e:
        raise InputError(f"the pattern is not a regular expression ({e}); correct it.") from e
    except TimeoutError as e:
        raise InputError("the pattern takes too long on this text; simplify it, or shorten the text.") from e
    tokens = [part for part in parts if part]  # a group that matched nothing gives None
    return tokens if keep_whitespace else [token.strip() for token in tokens if token.strip()]


def build_vocabulary(tokens: Iterable[str], special: Sequence[str] = ()) -> dict[str, int]:
    """A number for each different token, in alphabetical order; after them the special ones, as given."""
    ordinary = sorted(set(tokens) - set(special))
    return {token: i for i, token in enumerate([*ordinary, *dict.fromkeys(special)])}


class SimpleTokenizerV1:
    """Words to numbers and back; a word that the vocabulary lacks is an error.

    Source: the notes, 2.3.
    """

    def __init__(self, vocab: Mapping[str, int]) -> None:
        """Take a vocabulary, token -> ID, such as build_vocabulary makes."""
        self.str_to_int = vocab
        self.int_to_str = {i: token for token, i in vocab.items()}

    def encode(self, text: str) -> list[int]:
        """Token IDs of a text.

        Raises UnknownTokenError, which is also a KeyError, for a word that the vocabulary lacks.
        """
        return [self._token_id(token) for token in split_text(text)]

    def _token_id(self, token: str) -> int:
        if token not in self.str_to_int:
            raise UnknownTokenError(
                f"the vocabulary has no {token!r}; build it from a text that has, or use SimpleTokenizerV2."
            )
        return self.str_to_int[token]

    def decode(self, ids: Iterable[int]) -> str:
        """Text with one space between words and none before punctuation: what spaces there were is not known.

        Raises UnknownTokenError for an ID that the vocabulary lacks.
        """
        words = []
        for i in ids:
            if i not in self.int_to_str:
                raise UnknownTokenError(f"no token has the ID {i}; use IDs that this tokenizer gave.")
            words.append(self.int_to_str[i])
        return _SPACE_BEFORE_PUNCTUATION.sub(r"\1", " ".join(words))


class SimpleTokenizerV2(SimpleTokenizerV1):
    """The same, but a word that the vocabulary lacks becomes <|unk|>.

    Source: the notes, 2.4.
    """

    def _token_id(self, token: str) -> int:
        if token in self.str_to_int:
            return self.str_to_int[token]
        if UNKNOWN not in self.str_to_int:
            raise UnknownTokenError(
                f"the vocabulary has neither {token!r} nor {UNKNOWN}; build it with special=({UNKNOWN!r},)."
            )
        return self.str_to_int[UNKNOWN]
