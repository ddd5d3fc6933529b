"""Reads the name or the ARN of a function."""

__all__ = ["read_function_name"]


def read_function_name(function: str) -> tuple[str, str | None, str | None]:
    """Name, region and qualifier of a name, a partial ARN (``account:function:name``) or an ARN; None if absent."""
    parts = function.split(":")
    if parts[0] == "arn" and len(parts) >= 7:
        return parts[6], parts[3], parts[7] if len(parts) > 7 else None
    if len(parts) >= 3 and parts[1] == "function":
        return parts[2], None, parts[3] if len(parts) > 3 else None
    return parts[0], None, parts[1] if len(parts) > 1 else None
