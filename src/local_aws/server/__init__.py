"""Routes the requests of the one port: to the proxy, the gateway or the AWS API.

Only ``cloud`` may import it.
"""
