"""The handlers of the course, one module a route: connect, disconnect, default, send, broadcast.

They share four modules: connections (the table), message (what a client said), reply (what it is told) and log.
"""
