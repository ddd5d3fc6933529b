"""What is deployed, as the gateway reads it: a stage, its settings, and what a custom domain name leads to.

All of ``gateway`` may import it; it imports nothing of ours. Others take ``Stage`` from ``local_aws.gateway``.
"""
