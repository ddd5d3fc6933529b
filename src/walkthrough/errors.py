"""Errors that a learner meets: one clear paragraph in a notebook, not a traceback of ours."""

__all__ = ["WalkthroughError"]


class WalkthroughError(Exception):
    """Says what happened, where, and the next step."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it: the sentence alone."""
        return [str(self)]
