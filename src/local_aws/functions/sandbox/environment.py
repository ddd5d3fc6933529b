"""The environment of a sandbox: what Lambda sets, what the function sets, and nothing of our own.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html

Two things differ from AWS. Folders are the sandbox's own (``folders``), and ``TMPDIR`` names the one for ``/tmp``. The
loader's path has only the function's part: on AWS the system's folders come first, but they differ between laptops.
"""

import sys
from collections.abc import Mapping

from local_aws.functions.configuration import FunctionConfiguration
from local_aws.functions.sandbox import runtimes
from local_aws.functions.sandbox.folders import Folders

__all__ = ["LANG", "variables"]

LANG = "en_US.UTF-8"

PATHS = ("LD_LIBRARY_PATH", "PATH", "PYTHONPATH")
"""In these a function may name AWS's folders, such as ``/opt/bin``: they are read before any of its code runs."""


def variables(
    configuration: FunctionConfiguration,
    *,
    folders: Folders,
    stream: str,
    runtime_api: str,
    cloud: Mapping[str, str],
) -> dict[str, str]:
    """Return all variables of a sandbox when it starts.

    The function may set those that are not reserved on AWS (``PATH``, ``LANG``, ``TZ``, …). The variables in ``cloud``
    point it at the embedded AWS; they win, so that no handler reaches a real account by mistake.
    """
    task, runtime, layers = folders.task, folders.runtime, folders.layers
    python = runtimes.is_python(configuration.runtime)
    language = f"{sys.base_prefix}/bin:" if python else ""
    open_to_the_function = {
        "LANG": LANG,
        "TZ": ":UTC",
        "PATH": f"{language}/usr/local/bin:/usr/bin/:/bin:{layers}/bin",
        "LD_LIBRARY_PATH": f"{runtime}:{runtime}/lib:{task}:{task}/lib:{layers}/lib",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",  # nothing listens there, and nothing sent leaves the machine
        # Lambda sets neither: its /tmp belongs to the sandbox, and the home of its user does not exist.
        # Here they hide the learner's own files, above all ~/.aws/config, from the handler.
        "TMPDIR": str(folders.scratch),
        "HOME": str(folders.root / "home"),
    }
    own = {name: folders.here(value) if name in PATHS else value for name, value in configuration.environment.items()}
    reserved = {
        "_HANDLER": configuration.handler,
        "AWS_REGION": configuration.region,
        "AWS_DEFAULT_REGION": configuration.region,
        "AWS_LAMBDA_FUNCTION_NAME": configuration.name,
        "AWS_LAMBDA_FUNCTION_VERSION": configuration.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.memory_size),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": configuration.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": configuration.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "LAMBDA_TASK_ROOT": str(task),
        "LAMBDA_RUNTIME_DIR": str(runtime),
    }
    if python:  # an OS-only runtime has none; it has no _X_AMZN_TRACE_ID either, which a runtime client sets
        reserved["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{configuration.runtime}"
    if configuration.log_format.upper() == "JSON":
        reserved["AWS_LAMBDA_LOG_LEVEL"] = configuration.application_log_level
    return {**open_to_the_function, **own, **cloud, **reserved}
