"""API keys and usage plans, which WebSocket APIs share with REST APIs (spec 225). May be called from any thread."""

from dataclasses import dataclass
from typing import Any

from moto.apigateway.models import apigateway_backends

__all__ = ["UsagePlanKey", "usage_plan_key"]


@dataclass(frozen=True, slots=True)
class UsagePlanKey:
    """An API key and the usage plan that admits it to a stage; ``throttle`` is the plan's (rate, burst), if any."""

    id: str
    value: str
    plan_id: str
    throttle: tuple[float, float] | None


def usage_plan_key(account_id: str, region: str, value: str, api_id: str, stage: str) -> UsagePlanKey | None:
    """The enabled key with that value in a usage plan of that stage, or None."""
    backend = apigateway_backends[account_id][region]
    for key in list(backend.keys.values()):
        if key.value != value or not key.enabled:
            continue
        for plan in list(backend.usage_plans.values()):
            in_plan = key.id in backend.usage_plan_keys.get(plan.id, {})
            if in_plan and any((each["apiId"], each["stage"]) == (api_id, stage) for each in plan.api_stages):
                return UsagePlanKey(key.id, key.value, plan.id, _throttle(plan.throttle))
    return None


def _throttle(throttle: dict[str, Any]) -> tuple[float, float] | None:
    if "rateLimit" not in throttle and "burstLimit" not in throttle:
        return None
    return float(throttle.get("rateLimit", 0)), float(throttle.get("burstLimit", 0))
