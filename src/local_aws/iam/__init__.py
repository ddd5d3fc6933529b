"""Who signed a request, and whether policies allow it: keys, signatures, permissions, policy evaluation.

``router`` and ``account_access`` have each request checked by the ``Guard`` before it is answered. ``account_access``
then gets the required permissions from ``permissions``, and asks ``authorization`` whether the policies allow them.
"""

from local_aws.iam.access_keys import Credentials, Keyring
from local_aws.iam.claims import Claim
from local_aws.iam.guard import Guard

__all__ = ["Claim", "Credentials", "Guard", "Keyring"]
