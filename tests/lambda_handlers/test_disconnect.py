import pytest

EVENTS = ["disconnect", "disconnect_idle", "disconnect_browser_left"]


@pytest.mark.parametrize("name", EVENTS)
def test_a_connection_is_forgotten(invoke, event, table, name):
    """$disconnect deletes the record of its connection and no other."""
    table.put_item(Item={"connectionId": "eHrdFcnvvHcCE-w="})
    invoke("connect", event("connect"))
    assert {"statusCode": 200} == invoke("disconnect", event(name))
    assert [{"connectionId": "eHrdFcnvvHcCE-w="}] == table.scan()["Items"]


def test_a_second_disconnect_does_no_harm(invoke, event, table):
    """$disconnect for a connection without a record answers 200 as well."""
    invoke("connect", event("connect"))
    assert {"statusCode": 200} == invoke("disconnect", event("disconnect"))
    assert {"statusCode": 200} == invoke("disconnect", event("disconnect"))
    assert [] == table.scan()["Items"]


def test_the_log_says_why_a_connection_ended(invoke, event, table, log_lines):
    """The close code and the reason are in the log line."""
    invoke("disconnect", event("disconnect_idle"))
    (line,) = log_lines()
    assert (1001, "Going away") == (line["code"], line["reason"])
