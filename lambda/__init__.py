"""The handlers of the course, one module a route: connect, disconnect, default, send, broadcast.

They share five modules: connections (the table), message (what a client said), reply (what it is told), log, and calls
(a log line for each call to AWS).
"""
