"""The one port: routes each request to the proxy, the gateway, the AWS API or the ``local-aws`` command.

Only ``cloud`` may import it.
"""
