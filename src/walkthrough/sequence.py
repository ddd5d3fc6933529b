"""What code said to AWS, drawn: the code on the left, each service that it spoke to beside it, time downwards.

    >>> import boto3
    >>> from walkthrough import calls, sequence
    >>> api = boto3.client("apigatewaymanagementapi", region_name="us-east-1")
    >>> with calls.recorded(lambda call: {}) as said:
    ...     _ = api.post_to_connection(ConnectionId="PJqB0fHsqRcCHlw=", Data=b"psst")
    >>> sequence.picture(said, who="send", names={"PJqB0fHsqRcCHlw=": "client A"})
    apigatewaymanagementapi.PostToConnection at https://execute-api.us-east-1.amazonaws.com
        ConnectionId: client A
        Data: psst
      → 200

``names`` are put in the place of ids, which nobody can tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from walkthrough import style
from walkthrough.calls import Call, shown
from walkthrough.picture import Picture

__all__ = ["picture"]

LEFT, FIRST, APART = 90, 490, 190  # where the code's line is, that of the first service, and from one to the next
TOP, ROW = 92, 54
SHOWN = 46  # characters of what was said that an arrow carries

KNOWN = {"apigatewaymanagementapi": "@connections", "dynamodb": "DynamoDB"}

STYLE = f"""
.life {{ stroke: {style.BORDER}; stroke-width: 2; }}
.refused {{ stroke-dasharray: 7 4; }}
.result {{ paint-order: stroke; stroke: {style.PAPER}; stroke-width: 5; }}
.said {{ stroke: {style.ORANGE}; }}
"""


def picture(said: Sequence[Call], who: str, names: Mapping[str, str] | None = None) -> Picture:
    """The calls of ``who``, one below the other; what was refused is dashed. Its text is what ``calls`` prints."""
    names = names or {}
    services = list(dict.fromkeys(call.service for call in said))
    at = {service: FIRST + APART * number for number, service in enumerate(services)}
    words = max((at[call.service] + 8 * len(call.result) for call in said), default=0)  # a guess at a font's width
    width = max(max(at.values(), default=LEFT) + 60, words) + 40
    height = TOP + ROW * len(said) + 16
    body = [_head(LEFT, who, "yours", height), *(_head(at[one], _title(one), "aws", height) for one in services)]
    for number, call in enumerate(said):
        body += _row(call, TOP + ROW * number + 34, at[call.service], names)
    alt = _sentence(said, who, names)
    text = _named("\n".join(map(str, said)) or f"{who} made no call", names)
    return Picture(style.page(width, height, "\n".join(body), alt, STYLE), alt, text)


def _head(x: float, name: str, kind: str, height: float) -> str:
    """A box with the line of its time below."""
    return (
        f'<path class="life" d="M{x} 62V{height - 16}"/>'
        f'<rect class="{kind}" x="{x - 70}" y="24" width="140" height="38" rx="8"/>'
        f'<text class="name middle" x="{x}" y="48">{escape(name)}</text>'
    )


def _row(call: Call, y: float, x: float, names: Mapping[str, str]) -> list[str]:
    """One call: what was said above its arrow, what came of it behind its head."""
    refused = " refused" if call.error else ""
    telling = [value for value in call.parameters.values() if isinstance(value, str | bytes | Mapping | list)]
    words = _named(", ".join(map(shown, telling)), names)
    words = words if len(words) <= SHOWN else words[:SHOWN] + "…"
    return [
        f'<text class="name" x="{LEFT + 14}" y="{y - 21}">{escape(call.operation)}</text>',
        f'<text class="small mono" x="{LEFT + 14}" y="{y - 6}">{escape(words)}</text>',
        f'<path class="arrow said{refused}" d="M{LEFT} {y}H{x - 2}"/>',
        f'<text class="small result" x="{x + 10}" y="{y + 5}">{escape(call.result)}</text>',
    ]


def _sentence(said: Sequence[Call], who: str, names: Mapping[str, str]) -> str:
    if not said:
        return f"{who} made no call."
    parts = [f"{call.operation} of {_title(call.service)}{_whom(call, names)}: {call.result}" for call in said]
    return f"{who} made {len(said)} call{'s' * (len(said) > 1)}. {'; '.join(parts)}."


def _whom(call: Call, names: Mapping[str, str]) -> str:
    """The first name that the call has in it."""
    text = " ".join(shown(value) for value in call.parameters.values())
    found = [name for known, name in names.items() if known in text]
    return f" for {found[0]}" if found else ""


def _named(text: str, names: Mapping[str, str]) -> str:
    for known, name in names.items():
        text = text.replace(known, name)
    return text


def _title(service: str) -> str:
    return KNOWN.get(service, service)
