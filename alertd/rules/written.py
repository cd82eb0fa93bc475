"""An expression's text as it was written: its syntax tree, and the places of mistakes in it."""

import ast
import warnings
from typing import NoReturn

from alertd.rules.tree import ExpressionError


class Written:
    """One text, which begins so many characters after the beginning of what a person wrote."""

    def __init__(self, body: str, indent: int) -> None:
        # A condition may be folded over lines in YAML; to `ast` it is one, with every character in its place.
        self._body = "".join(" " if character in "\r\n\t\f" else character for character in body)
        self._indent = indent
        self._texts: list[tuple[int, int]] = []
        """From where to where each text in quotes stands."""

    # --- places -------------------------------------------------------------------------------------------------

    def _column(self, utf8_offset: int) -> int:
        """Characters before what `ast` counts in UTF-8 bytes."""
        return len(self._body.encode()[:utf8_offset].decode(errors="ignore"))

    def _fail(self, node: ast.AST, text: str) -> NoReturn:
        raise ExpressionError(text, self._indent + self._column(getattr(node, "col_offset", 0)))

    def _written(self, node: ast.expr) -> str:
        start, end = self._column(node.col_offset), self._column(node.end_col_offset or 0)
        written = self._body[start:end]
        return written if len(written) <= 40 else written[:37] + "..."

    # --- syntax -------------------------------------------------------------------------------------------------

    def _parse(self) -> ast.expr:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self._body, mode="eval").body
        except SyntaxError as error:
            at = max(0, min((error.offset or len(self._body)) - 1, len(self._body) - 1))
            raise ExpressionError(self._syntax_remedy(error, at), self._indent + at) from None
        except (RecursionError, MemoryError):
            raise ExpressionError("too deeply nested", self._indent) from None
        except ValueError:
            raise ExpressionError("holds a character that cannot be in an expression", self._indent) from None

    def _syntax_remedy(self, error: SyntaxError, at: int) -> str:
        near = self._body[max(0, at - 1) : at + 2]
        written_otherwise = (
            ("&" in near or "|" in near, "write and / or, not & and |"),
            ("!" in near and "!=" not in near, "write not, not !"),
            ("==" in error.msg or near.strip().startswith("="), "write == to compare"),
            ("too many nested" in error.msg, "too deeply nested"),
            ("unterminated string" in error.msg, "the quotes do not close"),
            ("digits" in error.msg, "too large a number"),
            (error.msg.startswith("invalid syntax"), "no expression: it breaks off or errs here"),
        )
        reason = f"no expression: {error.msg.split('. ')[0].removesuffix(' (<unknown>, line 1)')}"
        return next((remedy for applies, remedy in written_otherwise if applies), reason)

    def _refuse_comment(self) -> None:
        """A `#` outside a text would silently cut off the rest of a folded condition."""
        at = self._body.find("#")
        while at >= 0:
            if not any(start <= at < end for start, end in self._texts):
                raise ExpressionError("no comments inside an expression: write them in YAML", self._indent + at)
            at = self._body.find("#", at + 1)
