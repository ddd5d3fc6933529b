"""The one port: says who answers which request.

Only ``cloud`` may import it.
"""
