"""Draw the calls of some code to AWS: the code on the left, each service that it called beside it, time downwards.

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

``names`` maps ids to names, which replace the ids: nobody can tell ids apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from walkthrough import style
from walkthrough.calls import Call, shown
from walkthrough.picture import Picture

__all__ = ["picture"]

LEFT, FIRST, APART = 90, 490, 190  # pixels: x of the code's line and of the first service's, and between services
TOP, ROW = 92, 54
SHOWN = 46  # characters of the parameters above an arrow

KNOWN = {"apigatewaymanagementapi": "@connections", "dynamodb": "DynamoDB"}

STYLE = f"""
.life {{ stroke: {style.BORDER}; stroke-width: 2; }}
.refused {{ stroke-dasharray: 7 4; }}
.result {{ paint-order: stroke; stroke: {style.PAPER}; stroke-width: 5; }}
.said {{ stroke: {style.ORANGE}; }}
"""


def picture(said: Sequence[Call], who: str, names: Mapping[str, str] | None = None) -> Picture:
    """Draw the calls of ``who``, one below the other; refused calls are dashed. The text is what ``calls`` prints."""
    names = names or {}
    services = list(dict.fromkeys(call.service for call in said))
    at = {service: FIRST + APART * number for number, service in enumerate(services)}
    results = max((at[call.service] + 8 * len(call.result) for call in said), default=0)  # a guess at a font's width
    width = max(max(at.values(), default=LEFT) + 60, results) + 40
    height = TOP + ROW * len(said) + 16
    body = [_head(LEFT, who, "yours", height), *(_head(at[one], _title(one), "aws", height) for one in services)]
    for number, call in enumerate(said):
        body += _row(call, TOP + ROW * number + 34, at[call.service], names)
    alt = _sentence(said, who, names)
    text = _named("\n".join(map(str, said)) or f"{who} made no call", names)
    return Picture(style.page(width, height, "\n".join(body), alt, STYLE), alt, text)


def _head(x: float, name: str, kind: str, height: float) -> str:
    """A box with the lifeline below it."""
    return (
        f'<path class="life" d="M{x} 62V{height - 16}"/>'
        f'<rect class="{kind}" x="{x - 70}" y="24" width="140" height="38" rx="8"/>'
        f'<text class="name middle" x="{x}" y="48">{escape(name)}</text>'
    )


def _row(call: Call, y: float, x: float, names: Mapping[str, str]) -> list[str]:
    """One call: its operation and parameters above the arrow, its result behind the head of the arrow."""
    refused = " refused" if call.error else ""
    values = [value for value in call.parameters.values() if isinstance(value, str | bytes | Mapping | list)]
    words = _named(", ".join(map(shown, values)), names)
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
    parts = [f"{call.operation} of {_title(call.service)}{_for_name(call, names)}: {call.result}" for call in said]
    return f"{who} made {len(said)} call{'s' * (len(said) > 1)}. {'; '.join(parts)}."


def _for_name(call: Call, names: Mapping[str, str]) -> str:
    """`` for NAME`` with the first name whose id is in the parameters of the call; empty without one."""
    text = " ".join(shown(value) for value in call.parameters.values())
    found = [name for known, name in names.items() if known in text]
    return f" for {found[0]}" if found else ""


def _named(text: str, names: Mapping[str, str]) -> str:
    """The text with names in place of ids."""
    for known, name in names.items():
        text = text.replace(known, name)
    return text


def _title(service: str) -> str:
    return KNOWN.get(service, service)
