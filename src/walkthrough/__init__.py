"""The toolkit that the notebooks import.

It uses AWS's APIs and the command line of ``local-aws``, and imports nothing from ``local_aws``.
"""

from walkthrough.internal import missing_names

missing_names.install()
