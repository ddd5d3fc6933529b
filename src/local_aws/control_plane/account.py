"""API Gateway's settings for the whole account in a region: those that UpdateAccount of its first API changes."""

from moto.apigateway.models import apigateway_backends

__all__ = ["cloudwatch_role", "set_cloudwatch_role"]


def cloudwatch_role(account_id: str, region: str) -> str | None:
    """The role with which API Gateway writes logs; None as long as none is set (spec 253)."""
    role: str | None = apigateway_backends[account_id][region].account.cloudwatch_role_arn
    return role or None


def set_cloudwatch_role(account_id: str, region: str, role: str | None) -> None:
    """Set it, or take it away."""
    apigateway_backends[account_id][region].account.cloudwatch_role_arn = role
