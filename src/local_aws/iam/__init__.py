"""Who asks, and may they: the keys this embedded AWS has given out, the guard at its door, and what a request needs.

``front`` and ``gateway`` show their requests to the ``Guard`` before they answer them; ``access`` then asks ``actions``
what it takes to be allowed them, and ``authorization`` whether the caller's policies give it.
"""

from local_aws.iam.access_keys import Credentials, Keyring
from local_aws.iam.claims import Claim
from local_aws.iam.guard import Guard

__all__ = ["Claim", "Credentials", "Guard", "Keyring"]
