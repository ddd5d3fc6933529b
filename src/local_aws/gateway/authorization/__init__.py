"""Decides who may connect: authorizers, API keys, permissions and limits, before ``$connect`` is invoked.

Only ``gateway.dispatcher`` may import it.
"""
