"""moto still has its faults. When moto fixes one, its test here fails, and the patch can be deleted."""

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws.patching import SEEN_IN

pytestmark = pytest.mark.slow

STOCK = {
    # imports (moto_host.light_imports)
    "imports_a_validator_of_openapi": True,
    "sessions_to_list_regions": True,
    # all of moto (patches)
    "keeps_every_object": 1,
    "managed_policies": 0,
    # stacks (cloudformation: operations, requests, lifecycle, resource_changes, rollback)
    "failing_create": ["ResponseParserError", "CREATE_IN_PROGRESS"],
    "failing_create_that_is_to_be_deleted": "CREATE_IN_PROGRESS",
    "failing_update": ["ResponseParserError", "CREATE_COMPLETE"],
    "what_a_failing_update_changed": [2, 0],
    "update_of_a_stack_that_cannot_be_updated": "done",
    "update_without_a_change": "done",
    "deletion_that_fails": ["ClientError", "ClientError"],
    "deletion_under_termination_protection": "done",
    "deletion_that_retains": 0,
    "update_that_a_stack_policy_denies": 1,
    "missing_operations": ["NotImplementedError"] * 4,
    "implied_depends_on": "refused for a warning",
    "resources_on_a_condition": "['AWS::S3::Bucket', '']",
    "status_of_a_resource": ["UPDATE_COMPLETE", 2010],
    "update_forgets_what_it_cannot_update": "7 days, described: AttributeError",
    "update_leaves_what_refers_to_a_replaced_resource": True,
    "update_removes_first": [],
    # nested stacks (cloudformation.nested_stacks)
    "nested_stack": [False, 1],
    # exports (cloudformation.exports, cloudformation.operations)
    "deletion_of_an_export_in_use": ["importer"],
    "exports_for_a_stack_that_was_there_first": "ClientError",
    "export_on_a_condition": 1,
    # change sets (cloudformation.change_sets)
    "change_set_that_creates_a_stack_that_exists": 2,
    "outputs_of_a_change_set": ["old"],
    "failing_change_set": ["ResponseParserError", "CREATE_COMPLETE"],
    "change_sets_of_one_name": "two",
    "deletion_of_no_change_set": "UnboundLocalError",
    # templates (cloudformation.templates)
    "constructors_in_yamls_own_loader": True,
    "template_that_is_neither_json_nor_yaml": "JSONDecodeError",
    "attribute_as_text": "ClientError",
    # types of resources (cloudformation.types)
    "websocket_api": 0,
    "account_of_api_gateway": None,
    "types_of_lambda": [None, None],
    "layer_of_a_stack": False,
    "function_of_a_stack": [["x86_64"], None, "PassThrough", 512, None],
    "function_keeps_what_is_no_longer_set": 512,
    "update_of_a_function_whose_code_is_text": "Error",
    "function_last_modified": True,
    "function_without_its_code": ["done", "done"],
    "permission_of_a_stack": [[False], "done"],
    "version_of_a_stack": False,
    "bucket_policy": "ClientError",
    "tags_of_a_bucket_without_a_name": "1",
    "deletion_of_a_full_bucket": ["done", 1],
    "bucket_that_demands_tls": "ClientError",
    "arn_of_a_log_group": "arn:aws:logs:us-east-1:123456789012:log-group:g",
    "managed_policies_of_a_role": 0,
    "update_of_a_role": 3600,
    "settings_of_a_table": ["DISABLED", "DISABLED"],
    "update_of_a_table": False,
    # functions created by a stack or the API (cloudformation.types, lambda_api)
    "dead_letter_queue_of_a_function": None,
    "package_that_is_no_zip": "Active",
    "reserved_variable": "x",
    "six_layers_of_anybody": 6,
    "role_that_does_not_trust_lambda": "Active",
    "permission_for_a_user": "arn:aws:iam::123456789012:user/u",
    "settings_for_events_that_are_put_again": 0,
    "version_without_a_change": ["1", "2"],
    "alias_of_versions_that_are_not_there": ["$LATEST"],
    "account_settings_of_lambda": "ClientError",
    # principals and roles (iam_store.sessions, api_gateway.account, control_plane)
    "policies_of_a_session": [],
    "session_longer_than_its_role_allows": "done",
    "caller_that_is_the_root": "arn:aws:sts::123456789012:user/moto",
    "role_for_the_logs_of_api_gateway": "arn:aws:iam::123456789012:role/none",
    "presigned_request": 404,
    # expired items (dynamodb.time_to_live)
    "expired_item": 1,
    # logs (cloudwatch.logs)
    "filter_pattern_for_json": 2,
    # metrics (cloudwatch.metrics)
    "sum_of_more_dimensions": 2.0,
    "periods_begin_at_the_first_value": 120,
    "values_of_the_minute_in_which_one_began_to_look": 0,
    "metric_data_of_another_namespace": [1.0],
}
"""Fault → what unpatched moto does, as ``stock_moto.py`` observes it."""


@pytest.fixture(scope="module")
def stock() -> dict[str, object]:
    """What unpatched moto does, observed in a process of its own, since patches cannot be undone."""
    script = Path(__file__).with_name("stock_moto.py")
    done = subprocess.run([sys.executable, "-W", "ignore", str(script)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    seen: dict[str, object] = json.loads(done.stdout)
    return seen


def test_version() -> None:
    """The patches were written for the version of moto that is installed."""
    assert importlib.metadata.version("moto") == SEEN_IN["moto"]


def test_every_observation_has_a_place_in_the_table(stock: dict[str, object]) -> None:
    """The observations are the same faults as in the table."""
    assert sorted(stock) == sorted(STOCK)


@pytest.mark.parametrize("fault", STOCK)
def test_stock_moto_has_the_fault(stock: dict[str, object], fault: str) -> None:
    """If this fails, moto has fixed the fault: delete the patch."""
    assert stock[fault] == STOCK[fault]
