"""Lambda's data plane lives here: sandboxes that run functions through the Runtime API, the pool that
lends them, and their logs. Knock at ``Functions.invoke``; who does brings a Catalog, a LogSink and an EnvironmentOf.
"""

from local_aws.functions.configuration import Catalog, EnvironmentOf, FunctionConfiguration
from local_aws.functions.functions import Functions
from local_aws.functions.invocation import Invocation
from local_aws.functions.logs import LogEvent, LogSink
from local_aws.functions.pool import Limits

__all__ = [
    "Catalog",
    "EnvironmentOf",
    "FunctionConfiguration",
    "Functions",
    "Invocation",
    "Limits",
    "LogEvent",
    "LogSink",
]
