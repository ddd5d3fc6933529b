"""Log lines and metrics on their way to CloudWatch, handed on in batches so that no request waits for them.

``gateway`` and ``functions`` may import it; nobody else does.
"""
