"""Which stage a path of a custom domain name leads to (spec 175, 259, 261)."""

from collections.abc import Mapping

__all__ = ["place"]


def place(mappings: Mapping[str, tuple[str, str]], path: str) -> tuple[tuple[str, str] | None, str]:
    """API id and stage of the longest mapping key that the path begins with, and what is behind it.

    The path has no leading slash. The empty key is the one for everything else; without it, nothing is there.
    """
    segments = path.split("/")
    for count in range(len(segments), -1, -1):
        key = "/".join(segments[:count])
        if key in mappings:
            return mappings[key], "/".join(segments[count:])
    return None, path
