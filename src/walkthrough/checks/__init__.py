"""Checks for the exercises: each says what is still wrong and where to look, and never raises.

``exercise`` defines what a check is. Every notebook has a module named after it, and all checks are exported here.
"""

from walkthrough.checks.connect_and_talk import (
    check_broadcast_received,
    check_cold_start_delay,
    check_default_error,
    check_when_answer_is_sent,
)
from walkthrough.checks.deploy_the_stack import (
    check_delete_permissions,
    check_forbidden_frame,
    check_new_route_reason,
    check_send_timeout,
)
from walkthrough.checks.exercise import NotYet, check, choose
from walkthrough.checks.hold_connections_yourself import (
    check_frame_parser,
    check_masking_reason,
    check_ping_frame,
    check_reconnect,
)
from walkthrough.checks.inspect_connection_records import (
    check_close_code_and_reason,
    check_gone_connections,
    check_stale_record_reason,
)
from walkthrough.checks.let_the_gateway_hold_them import (
    check_event_for_client,
    check_route_guess,
    check_source_of_1006,
    check_whoami_handler,
)
from walkthrough.checks.start_here import check_dialogue, check_own_word, check_what_is_running

__all__ = [
    "NotYet",
    "check",
    "check_broadcast_received",
    "check_close_code_and_reason",
    "check_cold_start_delay",
    "check_default_error",
    "check_delete_permissions",
    "check_dialogue",
    "check_event_for_client",
    "check_forbidden_frame",
    "check_frame_parser",
    "check_gone_connections",
    "check_masking_reason",
    "check_new_route_reason",
    "check_own_word",
    "check_ping_frame",
    "check_reconnect",
    "check_route_guess",
    "check_send_timeout",
    "check_source_of_1006",
    "check_stale_record_reason",
    "check_what_is_running",
    "check_when_answer_is_sent",
    "check_whoami_handler",
    "choose",
]
