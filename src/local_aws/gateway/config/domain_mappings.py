"""API mappings of a custom domain name: which stage serves a path (spec 175, 259, 261)."""

from collections.abc import Mapping

__all__ = ["find_mapping"]


def find_mapping(mappings: Mapping[str, tuple[str, str]], path: str) -> tuple[tuple[str, str] | None, str]:
    """Find the longest mapping key that the path begins with; return its (API id, stage) and the rest of the path.

    The path has no leading slash. The empty key matches every path; without it, a path may match none: (None, path).
    """
    segments = path.split("/")
    for count in range(len(segments), -1, -1):
        key = "/".join(segments[:count])
        if key in mappings:
            return mappings[key], "/".join(segments[count:])
    return None, path
