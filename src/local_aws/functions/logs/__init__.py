"""What is written to a function's log: the lines that Lambda adds, the levels that are kept, the streams.

The rest of ``functions`` may import it; who brings a ``LogSink`` takes it from ``local_aws.functions``.
"""
