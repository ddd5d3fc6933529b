"""Errors that a learner meets: a notebook shows one clear paragraph, not a traceback."""

__all__ = ["WalkthroughError"]


class WalkthroughError(Exception):
    """Says what happened, where, and the next step."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: the message alone."""
        return [str(self)]
