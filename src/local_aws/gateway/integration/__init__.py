"""Integrations: what one is asked, how it is reached, and what its answer means.

The rest of ``gateway`` may import it; nobody outside does. Only ``invoker`` and ``http_endpoints`` do I/O.
"""
