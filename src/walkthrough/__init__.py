"""What the notebooks import.

Knows AWS's APIs and the command line of ``local-aws``, and nothing of the inside of ``local_aws``.
"""

from walkthrough.internal import missing_names

missing_names.install()
