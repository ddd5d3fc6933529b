"""One sentence with the next step, instead of boto3's traceback, when AWS cannot be used.

from walkthrough.internal.aws_errors import aws_errors

@aws_errors()
def tables():
    return boto3.client("dynamodb").list_tables()["TableNames"]
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)

from walkthrough.errors import WalkthroughError

__all__ = ["aws_errors"]

UNSET = (NoCredentialsError, NoRegionError, PartialCredentialsError)
SILENT = (ConnectionError, HTTPClientError)
STALE = (CredentialRetrievalError, SSOError, TokenRetrievalError)

REFUSED = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
"""Codes of https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html and of
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html that other credentials would solve."""


@contextmanager
def aws_errors() -> Iterator[None]:
    """Raise WalkthroughError when AWS is not in use, does not answer, or does not accept the credentials.

    It covers all calls in the ``with`` block, or in the decorated function. Other errors of boto3 pass through.
    """
    try:
        yield
    except UNSET:
        raise WalkthroughError("No AWS is in use yet: run cloud.use(), then this cell again.") from None
    except STALE as error:
        raise WalkthroughError(_refused(str(error))) from None
    except SILENT as error:
        raise WalkthroughError(_silent(error)) from None
    except ClientError as error:
        details = error.response["Error"]
        if details["Code"] not in REFUSED:
            raise
        raise WalkthroughError(_refused(f"{details['Code']}: {details['Message']}")) from None


def _refused(why: str) -> str:
    return (
        f"AWS does not accept these credentials ({why.rstrip('.')}). Run cloud.use(), which takes those of the AWS "
        "that is up, then this cell again. With an account of your own, sign in to it anew first."
    )


def _silent(error: Exception) -> str:
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint is None:
        return f"AWS cannot be reached ({str(error).rstrip('.')}). Look at your network, then run this cell again."
    return (
        f"No answer from {endpoint}. If that AWS has stopped, what was deployed is gone with it: run cloud.use(), then "
        "the cells from the deploy on."
    )
