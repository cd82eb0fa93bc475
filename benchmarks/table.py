"""Tables as Markdown, so that they can stand in docs/architecture.md as they are."""


class Table:
    """A title, a head and lines."""

    def __init__(self, title: str, head: list[str]) -> None:
        self.title = title
        self._lines = [head]

    def add(self, *cells: object) -> None:
        """One more line."""
        self._lines.append([str(cell) for cell in cells])

    def __str__(self) -> str:
        widths = [max(len(line[column]) for line in self._lines) for column in range(len(self._lines[0]))]
        head, *rest = (
            "| " + " | ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) + " |"
            for line in self._lines
        )
        rule = "|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|"
        return "\n".join([f"{self.title}", "", head, rule, *rest, ""])
