"""Several messages, and their picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from walkthrough.errors import WalkthroughError
from walkthrough.picture import Picture
from walkthrough.timeline import per_message, shared_clock
from walkthrough.timeline.join import Heard, Message, join, pair
from walkthrough.timeline.logs import Event, access_lines, invocations

__all__ = ["Timeline", "messages"]

FEW = 3  # up to so many messages, Jupyter shows them lane by lane; more are shown on one clock


@dataclass(frozen=True, slots=True)
class Timeline:
    """Messages, in order; ``skipped`` is the number of log lines that could not be read. Jupyter shows a picture."""

    messages: tuple[Message, ...]
    skipped: int = 0

    def __len__(self) -> int:
        return len(self.messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __getitem__(self, index: int) -> Message:
        return self.messages[index]

    def picture(self, *names: str) -> Picture:
        """Draw each message by itself, with all its lanes, counted from its own start; all on one scale.

        ``names`` are in the order of the messages; a message without a name is titled with its client and route.
        """
        return per_message.picture(self._not_empty(), names)

    def together(self, *names: str) -> Picture:
        """Draw one row for each message, on one clock: what ran side by side stands one below the other."""
        return shared_clock.picture(self._not_empty(), names)

    def _not_empty(self) -> tuple[Message, ...]:
        if not self.messages:
            raise WalkthroughError("There is no message to draw: the logs told of none.")
        return self.messages

    def __repr__(self) -> str:
        return self.picture().text if self.messages else "no messages"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        if not self.messages:
            return {"text/plain": repr(self)}
        return (self.picture() if len(self) <= FEW else self.together())._repr_mimebundle_()


def messages(access: Iterable[Event], functions: Iterable[Event], heard: Sequence[Heard] = ()) -> Timeline:
    """The messages in log events: those of the access log, and those of the logs of all functions.

    With ``heard``, only the messages that clients heard, in that order; those that the logs do not contain yet are left
    out.
    """
    lines, strange = access_lines(access)
    runs, broken = invocations(functions)
    if not heard:
        return Timeline(tuple(join(lines, runs, {})), strange + broken)
    pairs = [(line, told) for line, told in zip(pair(heard, lines), heard, strict=True) if line is not None]
    about = {line.request_id: told for line, told in pairs}
    return Timeline(tuple(join([line for line, _ in pairs], runs, about)), strange + broken)
