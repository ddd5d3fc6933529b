"""Asynchronous invocations: the queue of events, what is tried again, and who is told of the end.

Only ``functions.service`` may import it.
"""
