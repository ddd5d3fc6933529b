"""An AWS that cannot be asked: one sentence with the next step, where boto3 would raise a traceback.

from walkthrough.internal.aws_errors import reached

@reached()
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
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html that other credentials mend."""


@contextmanager
def aws_errors() -> Iterator[None]:
    """What is asked of AWS inside (or in the function that this decorates) raises WalkthroughError when AWS is not in
    use, does not answer, or no longer accepts the credentials. Every other error of boto3 goes through.
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
        told = error.response["Error"]
        if told["Code"] not in REFUSED:
            raise
        raise WalkthroughError(_refused(f"{told['Code']}: {told['Message']}")) from None


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
