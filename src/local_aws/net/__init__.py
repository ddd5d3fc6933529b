"""HTTP and TLS on loopback, and the CONNECT proxy that leads AWS's host names here.

Every room may import it, HTTP by its name ``local_aws.net.http``; it imports nothing of ours.
"""
