import doctest
import threading
from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError
from moto import mock_aws
from mypy_boto3_dynamodb.service_resource import Table
from mypy_boto3_dynamodb.type_defs import AttributeDefinitionTypeDef, KeySchemaElementTypeDef

from walkthrough import calls

KEY: list[KeySchemaElementTypeDef] = [{"AttributeName": "id", "KeyType": "HASH"}]
ATTRIBUTES: list[AttributeDefinitionTypeDef] = [{"AttributeName": "id", "AttributeType": "S"}]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """moto in the place of AWS, in this process."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    with mock_aws():
        yield


@pytest.fixture
def table(aws: None) -> Table:
    """An empty table of DynamoDB."""
    return boto3.resource("dynamodb").create_table(
        TableName="things", KeySchema=KEY, AttributeDefinitions=ATTRIBUTES, BillingMode="PAY_PER_REQUEST"
    )


def gone(call: calls.Call) -> None:
    """Refuses every call."""
    raise calls.Refused("GoneException", 410)


def test_a_call_is_recorded_whole(table: Table) -> None:
    """A call has its service, operation, endpoint, the parameters as the code gave them, and the answer."""
    with calls.recorded() as said:
        table.put_item(Item={"id": "a"})
        table.get_item(Key={"id": "a"})
    put, get = said
    assert ("dynamodb", "PutItem", 200) == (put.service, put.operation, put.status)
    assert "https://dynamodb.eu-west-1.amazonaws.com" == put.endpoint
    assert {"TableName": "things", "Item": {"id": "a"}} == put.parameters
    assert {"Item": {"id": "a"}} == get.answer


def test_clients_made_before_and_within_are_heard(table: Table) -> None:
    """It does not matter when a client was made, nor from which session."""
    with calls.recorded() as said:
        table.scan()
        boto3.client("dynamodb").list_tables()
        boto3.Session().client("sts").get_caller_identity()
    assert ["Scan", "ListTables", "GetCallerIdentity"] == [call.operation for call in said]


def test_calls_of_other_threads_are_heard(table: Table) -> None:
    """A call from another thread is recorded as well."""
    with calls.recorded() as said:
        thread = threading.Thread(target=table.scan)
        thread.start()
        thread.join()
    assert ["Scan"] == [call.operation for call in said]


def test_each_page_is_a_call(table: Table) -> None:
    """A paginator makes a call for each page, and each is recorded."""
    for name in "abc":
        table.put_item(Item={"id": name})
    with calls.recorded() as said:
        pages = table.meta.client.get_paginator("scan").paginate(TableName="things", PaginationConfig={"PageSize": 2})
        assert 3 == sum(page["Count"] for page in pages)
    assert ["Scan", "Scan"] == [call.operation for call in said]


def test_nothing_is_heard_outside(table: Table) -> None:
    """Calls before and after the block are not recorded, also when the block was left by an error."""
    table.scan()
    with pytest.raises(ZeroDivisionError), calls.recorded() as said:
        raise ZeroDivisionError
    table.scan()
    assert [] == said


def test_a_recording_in_a_recording(table: Table) -> None:
    """An inner recording hears what is within it, and the outer one both."""
    with calls.recorded() as outer:
        table.scan()
        with calls.recorded() as inner:
            table.get_item(Key={"id": "a"})
    assert ["GetItem"] == [call.operation for call in inner]
    assert ["Scan", "GetItem"] == [call.operation for call in outer]


def test_an_error_of_aws_is_recorded_and_raised(aws: None) -> None:
    """What AWS refuses is raised as ever, and recorded with its name and status."""
    api = boto3.client("dynamodb")
    with calls.recorded() as said, pytest.raises(api.exceptions.ResourceNotFoundException):
        api.scan(TableName="nowhere")
    (call,) = said
    assert (400, "ResourceNotFoundException", None) == (call.status, call.error, call.answer)


def test_a_call_that_never_leaves_is_recorded(aws: None) -> None:
    """Parameters that botocore itself refuses give a call without a status."""
    with calls.recorded() as said, pytest.raises(ParamValidationError):
        boto3.client("dynamodb").scan()  # type: ignore[call-arg]
    assert [(None, "ParamValidationError")] == [(call.status, call.error) for call in said]


def test_a_call_that_reaches_nobody_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens, there is an error and no status."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    api = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with calls.recorded() as said, pytest.raises(EndpointConnectionError):
        api.list_tables()
    assert "  → EndpointConnectionError" == str(said).splitlines()[-1]


def test_a_call_can_be_answered(table: Table) -> None:
    """What the answering function returns is the answer; what it returns None for is asked of AWS."""
    given = {"Items": [{"id": "made up"}], "Count": 1}
    with calls.recorded(lambda call: given if call.operation == "Scan" else None) as said:
        assert [{"id": "made up"}] == table.scan()["Items"]
        assert "Item" not in table.get_item(Key={"id": "a"})
    assert [given, {}] == [call.answer for call in said]


def test_a_call_can_be_refused(aws: None) -> None:
    """A refusal is the client's own exception, with the status and the code that it would have on AWS."""
    api = boto3.client("apigatewaymanagementapi")
    with calls.recorded(gone) as said, pytest.raises(api.exceptions.GoneException) as raised:
        api.post_to_connection(ConnectionId="a", Data=b"")
    assert 410 == raised.value.response["ResponseMetadata"]["HTTPStatusCode"]
    assert "An error occurred (GoneException) when calling the PostToConnection operation: 410 Gone" == str(
        raised.value
    )
    assert [(410, "GoneException")] == [(call.status, call.error) for call in said]


def test_a_refusal_that_the_service_does_not_know(aws: None) -> None:
    """An error that is none of the service's own is a ClientError, as in botocore."""
    with calls.recorded(gone), pytest.raises(ClientError):
        boto3.client("dynamodb").list_tables()


def test_how_a_call_is_printed() -> None:
    """A call prints what was said and answered, a name a line: text and data as they are, the rest as JSON."""
    parameters = {"Key": "ü", "Body": "🏓".encode(), "N": 1, "Item": {"id": "a", "of": {}}}
    call = calls.Call("s3", "Put", "https://s3", parameters, 200, {"a": [1]})
    assert [
        "s3.Put at https://s3",
        "    Key: ü",
        "    Body: 🏓",
        "    N: 1",
        "    Item:",
        "        id: a",
        "        of: {}",
        "  → 200",
        "    a: [1]",
    ] == str(call).splitlines()


def test_how_no_call_is_printed() -> None:
    """Where nothing was said, that is printed."""
    with calls.recorded() as said:
        pass
    assert "no call" == str(said)


def test_the_example_in_the_docstring_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the module's docstring shows is what happens."""
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert 0 == doctest.testmod(calls).failed
