"""The settings of a stage, for all routes and for single ones."""

from local_aws.gateway.config.settings import AccessLogSettings, RouteSettings, StageSettings


def test_a_fresh_stage() -> None:
    """Spec 250: generous throttles, no logs, no detailed metrics."""
    assert StageSettings.parse({}).of("send") == RouteSettings(5000, 10000.0, "OFF", False, False)


def test_a_route_overrides_what_it_sets() -> None:
    """Spec 251: a route overrides single settings; its other settings and other routes keep the stage's."""
    settings = StageSettings.parse(
        {
            "defaultRouteSettings": {"throttlingBurstLimit": 10, "loggingLevel": "ERROR"},
            "routeSettings": {"send": {"throttlingRateLimit": 2.5, "dataTraceEnabled": True}},
        }
    )
    assert settings.of("send") == RouteSettings(10, 2.5, "ERROR", True, False)
    assert settings.of("other") == RouteSettings(10, 10000.0, "ERROR", False, False)


def test_zero_is_a_limit() -> None:
    """Spec 27: an explicit zero is not the default."""
    given = {"throttlingBurstLimit": 0, "throttlingRateLimit": 0}
    assert StageSettings.parse({"defaultRouteSettings": given}).default == RouteSettings(0, 0.0)


def test_text_as_cloudformation_hands_it_on() -> None:
    """A parameter of a template is text, also where the API has a number or a boolean."""
    given = {"throttlingRateLimit": "1.5", "dataTraceEnabled": "false", "detailedMetricsEnabled": "true"}
    assert StageSettings.parse({"defaultRouteSettings": given}).default == RouteSettings(
        throttling_rate_limit=1.5, detailed_metrics_enabled=True
    )


def test_access_logs_want_a_destination_and_a_format() -> None:
    """A destination without a format, or a format without a destination, does not count."""
    both = {"destinationArn": "arn", "format": "$context.requestId"}
    assert StageSettings.parse({"accessLogSettings": both}).access_log == AccessLogSettings("arn", "$context.requestId")
    assert StageSettings.parse({"accessLogSettings": {"format": "$context.requestId"}}).access_log is None
