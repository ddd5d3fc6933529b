"""The environment of a sandbox: what Lambda sets, what the function sets, and nothing of our own.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from local_aws.functions.configuration import FunctionConfiguration

__all__ = ["LANG", "variables"]

LANG = "en_US.UTF-8"


def variables(
    configuration: FunctionConfiguration,
    *,
    task_root: Path,
    runtime_folder: Path,
    scratch: Path,
    stream: str,
    runtime_api: str,
    cloud: Mapping[str, str],
) -> dict[str, str]:
    """All variables of a sandbox.

    The function may set what is not reserved on AWS (``PATH``, ``LANG``, ``TZ``, …). ``cloud`` is what points
    it at the embedded AWS; it wins, so that no handler reaches a real account by mistake.
    """
    open_to_the_function = {
        "LANG": LANG,
        "TZ": ":UTC",
        "PATH": f"{sys.base_prefix}/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "PYTHONPATH": str(runtime_folder),
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        # Lambda sets neither: its /tmp belongs to the sandbox, and the home of its user does not exist.
        # Here they keep the learner's own files, ~/.aws/config above all, out of the handler's sight.
        "TMPDIR": str(scratch),
        "HOME": str(task_root.parent / "home"),
    }
    reserved = {
        "_HANDLER": configuration.handler,
        "AWS_REGION": configuration.region,
        "AWS_DEFAULT_REGION": configuration.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{configuration.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": configuration.name,
        "AWS_LAMBDA_FUNCTION_VERSION": configuration.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.memory_size),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": configuration.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": configuration.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "LAMBDA_TASK_ROOT": str(task_root),
        "LAMBDA_RUNTIME_DIR": str(runtime_folder),
    }
    if configuration.log_format.upper() == "JSON":
        reserved["AWS_LAMBDA_LOG_LEVEL"] = configuration.application_log_level
    return {**open_to_the_function, **configuration.environment, **cloud, **reserved}
