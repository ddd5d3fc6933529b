"""Lambda's data plane: sandboxes that run functions through the Runtime API, the pool that lends them, and their
logs, limits and metrics.

``Functions`` is the way in; it needs a Catalog, a LogSink, an EnvironmentOf and a Send. ``invoke_api`` is Lambda's
Invoke operation as HTTP. ``asynchronous`` has the queue of events, their retries and their destinations.
"""

from local_aws.functions.configuration import (
    Alias,
    Catalog,
    ConcurrencyLimits,
    EnvironmentOf,
    EventSettings,
    FunctionConfiguration,
)
from local_aws.functions.invocation import Invocation
from local_aws.functions.logs.streams import LogEvent, LogSink
from local_aws.functions.names import FunctionName
from local_aws.functions.pool import Limits
from local_aws.functions.refusals import Refusal, Throttled
from local_aws.functions.service import Functions

__all__ = [
    "Alias",
    "Catalog",
    "ConcurrencyLimits",
    "EnvironmentOf",
    "EventSettings",
    "FunctionConfiguration",
    "FunctionName",
    "Functions",
    "Invocation",
    "Limits",
    "LogEvent",
    "LogSink",
    "Refusal",
    "Throttled",
]
