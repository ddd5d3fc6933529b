"""Checks a function's environment variables and log settings; moto 5.2.5 accepts any.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html
"""

import json
from collections.abc import Mapping

from moto.awslambda.exceptions import InvalidParameterValueException, ValidationException

__all__ = ["check_logging", "check_variables"]

MAX_BYTES = 4096
RESERVED = frozenset(
    {
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SECRET_KEY",
        "AWS_SECURITY_TOKEN",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
    }
)

_UNABLE = (
    "Lambda was unable to configure your environment variables because the environment variables you have provided"
)


def check_variables(variables: Mapping[str, str]) -> None:
    """Raise moto's InvalidParameterValueException, with Lambda's text, for a reserved name or more than 4 KB."""
    reserved = [name for name in variables if name in RESERVED]
    if reserved:
        raise InvalidParameterValueException(
            f"{_UNABLE} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    measured = json.dumps(dict(variables), separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > MAX_BYTES:
        raise InvalidParameterValueException(f"{_UNABLE} exceeded the 4KB limit. String measured: {measured}")


_LOGGING = {
    "LogFormat": ("JSON", "Text"),
    "ApplicationLogLevel": ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"),
    "SystemLogLevel": ("DEBUG", "INFO", "WARN"),
}


def check_logging(settings: Mapping[str, str]) -> None:
    """Raise moto's ValidationException or InvalidParameterValueException if Lambda would reject a LoggingConfig."""
    for name, allowed in _LOGGING.items():
        if settings.get(name, allowed[0]) not in allowed:
            where = f"loggingConfig.{name[0].lower()}{name[1:]}"
            constraint = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
            raise ValidationException(settings[name], where, constraint)
    levels = "ApplicationLogLevel" in settings or "SystemLogLevel" in settings
    if levels and settings.get("LogFormat", "Text") == "Text":
        raise InvalidParameterValueException(
            'LogLevel is not supported when LogFormat is set to "Text". '
            'Remove LogLevel from your request or change the LogFormat to "Json" and try again.'
        )
