"""Who asks, and may they: the keys this embedded AWS has given out, and the guard at its door.

``front`` and ``gateway`` show their requests to the ``Guard`` before they answer them.
"""

from local_aws.identity.claims import signed_for
from local_aws.identity.guard import Guard
from local_aws.identity.keyring import Credentials, Keyring

__all__ = ["Credentials", "Guard", "Keyring", "signed_for"]
