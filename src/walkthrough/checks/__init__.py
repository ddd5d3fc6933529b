"""Checks for the exercises: each says what is still wrong and where to look, and never raises.

``exercise`` says what a check is; beside it is one module a notebook, and all of their checks are here by name.
"""

from walkthrough.checks.deploy import explains_the_pong, forbidden, may_delete_records, waits_as_long
from walkthrough.checks.exercise import NotYet, check, choose
from walkthrough.checks.gateway import reach_send, tells, who_wrote_1006, whoami
from walkthrough.checks.hold import comes_back, earns_a_pong, reads_any_length, why_unseen
from walkthrough.checks.records import explains_the_stale_record, farewell, finds_the_gone
from walkthrough.checks.start import holds_a_dialogue, own_word, who_is_waiting
from walkthrough.checks.talk import all_heard, earns_the_complaint

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
    "who_is_waiting",
    "who_wrote_1006",
    "whoami",
    "why_unseen",
]
