"""Code that runs in a sandbox's own process, where ``local_aws`` is not there to be imported.

Only ``launch`` and ``service`` may import it, for what both sides share; processes are started with these files' paths.
"""
