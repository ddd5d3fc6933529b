"""Log lines and metrics on their way to CloudWatch, handed on in batches so that no request waits for them.

``gateway``, ``functions`` and ``adapters`` may import it; nobody else does.
"""
