"""What the gateway tells of its work: access logs, execution logs and metrics.

Only ``gateway.server`` may import it; ``cloud`` takes ``Observation`` from ``local_aws.gateway``.
"""
