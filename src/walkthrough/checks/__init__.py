"""Checks for the exercises: each says what is still wrong and where to look, and never raises.

``exercise`` says what a check is; beside it is one module a notebook, and all of their checks are here by name.
"""

from walkthrough.checks.connect_and_talk import (
    all_heard,
    earns_the_complaint,
    weighs_the_cold_start,
    when_it_leaves,
)
from walkthrough.checks.deploy_the_stack import explains_the_pong, forbidden, may_delete_records, waits_as_long
from walkthrough.checks.exercise import NotYet, check, choose
from walkthrough.checks.hold_connections_yourself import comes_back, earns_a_pong, reads_any_length, why_unseen
from walkthrough.checks.inspect_connection_records import explains_the_stale_record, farewell, finds_the_gone
from walkthrough.checks.let_the_gateway_hold_them import reach_send, tells, who_wrote_1006, whoami
from walkthrough.checks.start_here import holds_a_dialogue, own_word, who_is_waiting

__all__ = [
    "NotYet",
    "all_heard",
    "check",
    "choose",
    "comes_back",
    "earns_a_pong",
    "earns_the_complaint",
    "explains_the_pong",
    "explains_the_stale_record",
    "farewell",
    "finds_the_gone",
    "forbidden",
    "holds_a_dialogue",
    "may_delete_records",
    "own_word",
    "reach_send",
    "reads_any_length",
    "tells",
    "waits_as_long",
    "weighs_the_cold_start",
    "when_it_leaves",
    "who_is_waiting",
    "who_wrote_1006",
    "whoami",
    "why_unseen",
]
