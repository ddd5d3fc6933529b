"""Draw a handshake as a table: each line of both heads, and what it does.

>>> from walkthrough import wire
>>> wire.handshake(b"HTTP/1.1 403 Forbidden\\r\\n\\r\\n")
The server answers:
  HTTP/1.1 403 Forbidden                                        no
  ✗ Only 101 makes a WebSocket; this answer is plain HTTP. (RFC 6455, section 4.1)
"""

from __future__ import annotations

from html import escape

from walkthrough import style
from walkthrough.errors import WalkthroughError
from walkthrough.picture import Picture
from walkthrough.wire.http_heads import Part, parts
from walkthrough.wire.text import cut

__all__ = ["handshake"]

WIDTH, MARGIN, ROW, SAYS = 960, 24, 27, 560  # pixels: the page, its margin, a line, x of the role
CODE = 58  # characters of a line that are drawn

CSS = f"""
.client {{ fill: {style.TINTS[style.ORANGE]}; stroke: none; }}
.server {{ fill: {style.TINTS[style.BLUE]}; stroke: none; }}
.plain {{ fill: {style.GROUND}; stroke: none; }}
.wrong {{ fill: none; stroke: {style.INK}; stroke-width: 2.5; stroke-dasharray: 7 4; }}
"""


def handshake(request: bytes, response: bytes = b"") -> Picture:
    """Draw both heads line by line; lines that are missing or wrong are outlined, with the rule.

    One of the heads is enough; bytes after a head are ignored. Values that differ each time (the key, addresses,
    versions) are in the drawing, but not in the text. Raises WalkthroughError if there are no bytes to read.
    """
    if not isinstance(request, bytes) or not isinstance(response, bytes) or not request + response:
        raise WalkthroughError("handshake reads bytes: what the client sent, and what the server answered.")
    if request.startswith(b"HTTP/") and not response:
        request, response = b"", request
    found = parts(request, response)
    body: list[str] = []
    text: list[str] = []
    y = MARGIN
    for sender, name in (("client", "The client asks"), ("server", "The server answers")):
        lines = [part for part in found if part.sender == sender]
        if lines:
            body.append(f'<text class="name" x="{MARGIN}" y="{y + 16}">{name}</text>')
            y += 28
            text += ["", f"{name}:"] if text else [f"{name}:"]
            for part in lines:
                body += _row(part, y)
                y += ROW if part.problem is None else 2 * ROW
                text += _line(part)
            y += 14
    problems = [f"{part.summary}: {part.problem}" for part in found if part.problem]
    alt = "A table of the handshake's lines and the part that each one plays. "
    alt += " ".join(problems) if problems else "Nothing is missing or wrong."
    return Picture(style.page(WIDTH, y + 4, "\n".join(body), alt, CSS), alt, "\n".join(text))


def _row(part: Part, y: int) -> list[str]:
    kind = part.sender if part.role else "plain"
    line = part.summary if part.value is None else f"{part.name}: {part.value}" if part.name else part.value
    drawn = [
        f'<rect class="{kind}" x="{MARGIN}" y="{y}" width="{WIDTH - 2 * MARGIN}" height="{ROW - 3}"/>',
        f'<text class="mono" x="{MARGIN + 8}" y="{y + 16}">{escape(cut(line, CODE))}</text>',
        f'<text class="small" x="{SAYS}" y="{y + 16}">{escape(part.role)}</text>',
    ]
    if part.problem:
        drawn += [
            f'<rect class="wrong" x="{MARGIN}" y="{y}" width="{WIDTH - 2 * MARGIN}" height="{ROW - 3}"/>',
            f'<text class="name" x="{MARGIN + 8}" y="{y + ROW + 15}">{escape(f"✗ {part.problem}")}</text>',
        ]
    return drawn


def _line(part: Part) -> list[str]:
    line = f"  {cut(part.summary, 60):60}  {part.role}".rstrip()
    return [line, f"  ✗ {part.problem}"] if part.problem else [line]
