"""The handlers of the course, one module a route: connect, disconnect, default, send, broadcast.

They share five modules: connections (the table), message (what a client sent), reply (what is posted to it), log, and
calls (a log line for each call to AWS).
"""
