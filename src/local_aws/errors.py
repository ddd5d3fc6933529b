"""Every error that a person using ``local-aws`` can meet.

    LocalAwsError
    ├── PortInUse            the port is taken by another program
    ├── NotRunning           no embedded AWS runs on that port
    ├── NotAnswering         one runs, but it does not answer
    ├── HomeUnusable         the folder that keeps the state cannot be used
    ├── StartFailed          the background process ended before it served
    ├── DoesNotFit           the embedded AWS was not made for a package's installed version
    ├── FunctionNotFound     no Lambda function of that name
    ├── RuntimeNotSupported  the embedded AWS cannot run that runtime
    ├── RoleNotAssumable     a function's role does not exist, or does not trust Lambda
    ├── BadDuration          the clock cannot be advanced by that text
    ├── BadSetting           an environment variable of ours has an invalid value
    └── NoCapacity           no sandbox became free in time

Each says what happened, where, and the next step.
"""

__all__ = [
    "BadDuration",
    "BadSetting",
    "DoesNotFit",
    "FunctionNotFound",
    "HomeUnusable",
    "LocalAwsError",
    "NoCapacity",
    "NotAnswering",
    "NotRunning",
    "PortInUse",
    "RoleNotAssumable",
    "RuntimeNotSupported",
    "StartFailed",
]


class LocalAwsError(Exception):
    """Base of all errors below; ``str()`` of it is the message to show."""


class PortInUse(LocalAwsError):
    """Another program listens on the port."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port {port} on 127.0.0.1 is taken by another program. "
            f"Stop that program, or choose another port: local-aws up --port {port + 1}"
        )


class NotRunning(LocalAwsError):
    """No embedded AWS of this user serves on the port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"No embedded AWS is running on port {port}. Start it: local-aws up --detach --port {port}")


class NotAnswering(LocalAwsError):
    """The process of the embedded AWS on the port lives, but does not answer: it is stopped or busy."""

    def __init__(self, port: int, pid: int) -> None:
        super().__init__(
            f"The embedded AWS on port {port} (process {pid}) does not answer: it is busy or was stopped. "
            f"Wait and try again, or end it, and lose what it holds: local-aws down --port {port}"
        )
        self.port = port
        self.pid = pid


class HomeUnusable(LocalAwsError):
    """The folder for the state of every embedded AWS is no folder, or cannot be read and written."""

    def __init__(self, path: str, reason: str, *, chosen: bool) -> None:
        if chosen:
            what = f"LOCAL_AWS_HOME is {path!r}, which cannot be used"
            step = "Set it to a folder that you can write, or unset it: unset LOCAL_AWS_HOME"
        else:
            what = f"The folder for the state of local-aws, {path!r}, cannot be used"
            step = "Name another one that you can write: export LOCAL_AWS_HOME=FOLDER"
        super().__init__(f"{what}: {reason}. {step}")


class StartFailed(LocalAwsError):
    """The background process ended before it served, or did not serve in time."""

    def __init__(self, port: int, reason: str, log: str) -> None:
        super().__init__(f"The embedded AWS did not start on port {port}: {reason}. Its log: {log}")


class DoesNotFit(LocalAwsError):
    """The embedded AWS uses or replaces internals of a package, and was not made for its installed version."""

    def __init__(self, package: str, version: str, fitting: str, command: str, why: str = "") -> None:
        because = f" ({why})" if why else ""
        super().__init__(
            f"{package} {version} does not fit the embedded AWS{because}, which needs {package}{fitting}: "
            f"install that with {command}"
        )


class FunctionNotFound(LocalAwsError):
    """No function of that name or ARN exists."""

    def __init__(self, function: str) -> None:
        super().__init__(f"Function not found: {function}")


class RuntimeNotSupported(LocalAwsError):
    """The embedded AWS cannot run the function's runtime."""

    def __init__(self, function: str, runtime: str, supported: str) -> None:
        super().__init__(
            f"The embedded AWS cannot run runtime {runtime} of function {function}. "
            f"It runs {supported}; deploy the function with one of those, or to AWS itself."
        )


class RoleNotAssumable(LocalAwsError):
    """Lambda cannot assume the function's role. The message is AWS's."""

    def __init__(self, role: str) -> None:
        super().__init__("The role defined for the function cannot be assumed by Lambda.")
        self.role = role


class NoCapacity(LocalAwsError):
    """All sandboxes stayed busy for the longest time that an invocation may wait."""

    def __init__(self, function: str, waited: float) -> None:
        super().__init__(
            f"Rate Exceeded. No sandbox of {function} came free in {waited:g} s. Try again when load is lower, "
            "or let the embedded AWS have more: local-aws up --help says how."
        )


class BadSetting(LocalAwsError):
    """An environment variable that sets something of the embedded AWS has an invalid value."""

    def __init__(self, name: str, value: str, wanted: str) -> None:
        super().__init__(f"{name} is {value!r}: it must be {wanted}. Set it to that, or unset it: unset {name}")


class BadDuration(LocalAwsError):
    """The text is no time by which the clock can be advanced."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"The clock cannot be advanced by {text!r}: give a time of at most a year in h, m and s, "
            "such as 45s, 10m or 1h30m. It never goes backwards."
        )
