"""Draws the README's picture of the terminal from a real run: python assets/make_pictures.py"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

PICTURES = Path(__file__).resolve().parent / "pictures"
WIDTH = 118


def main() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "demo", "--no-window"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    shown = re.sub(r"\S*/assets/samples/", "~/alcove/assets/samples/", done.stdout)  # whoever draws it, wherever
    with (PICTURES / "demo.svg").open("w", encoding="utf-8") as file:
        file.write(draw("alcove demo", shown))


def draw(title: str, text: str) -> str:
    """An SVG of a terminal. Questions stand out, markers and proofs are quieter. No font is fetched from anywhere."""
    console = Console(record=True, width=WIDTH, file=sys.stderr, force_terminal=True)
    for line in text.rstrip().splitlines():
        styled = Text(line.rstrip())
        styled.highlight_regex(r"^─── .*", "bold cyan")
        styled.highlight_regex(r"\[\d+\]", "yellow")
        styled.highlight_regex(r"“[^”]*”?", "green")
        styled.highlight_regex(r"(Not confirmed|This was not found).*", "magenta")
        console.print(styled)
    return re.sub(r"@font-face \{.*?\}", "", console.export_svg(title=title), flags=re.DOTALL)


if __name__ == "__main__":
    main()
