"""Mapping templates, without a gateway."""

import pytest

from local_aws.gateway.integration.templates import Payload, TemplateFailed, choose, render

BODY = (
    '{"action":"x","pets":[{"id":1,"name":"d\'og"},{"id":2}],"empty":"","zero":0,"yes":true,'
    '"object":{"a":1,"list":[1,"2"]},"text":"{\\"key\\":{\\"list\\":[1,2]}}"}'
)
PAYLOAD = Payload(
    BODY,
    headers={"Host": ["h"], "X-Twice": ["1", "2"]},
    query={"q": ["a", "b"]},
    context={"connectionId": "C=", "requestTimeEpoch": 1000, "identity": {"sourceIp": "1.2.3.4"}},
    variables={"stage": "blue", "with-hyphen": "x"},
)


def rendered(template: str, payload: Payload = PAYLOAD) -> str:
    return render(template, payload)


def test_the_body_is_there_as_it_came() -> None:
    """Spec 130: ``$input.body`` is the raw text."""
    assert rendered("$input.body") == BODY


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("$input.json('$.pets')", '[{"id":1,"name":"d\'og"},{"id":2}]'),
        ("$input.json('$.action')", '"x"'),
        ("$input.json('$')", BODY),
        ("$input.json('$.pets[*].id')", "[1,2]"),
        ("$input.json('$.missing')", '""'),
        ("$input.path('$.pets[0].id')", "1"),
        ("$input.path('$.pets')[1].id", "2"),
        ("$input.path('$.pets').count() $input.path('$.pets').size()", "2 2"),
        ("$input.path('$.pets[?(@.id==2)].id')", "[2]"),
        ("$input.path('$..id')", "[1,2]"),
        ("[$input.path('$.missing')]", "[]"),
        ("$input.path('$.object')", '{a=1, list=[1,"2"]}'),
        ("$input.path('$.yes')", "true"),
    ],
)
def test_what_a_jsonpath_finds(template: str, expected: str) -> None:
    """Spec 130: ``$input.json`` writes JSON, ``$input.path`` the value as Java would write it."""
    assert rendered(template) == expected


def test_a_request_without_a_body_is_an_empty_object() -> None:
    """Spec 130: as on ``$connect``."""
    assert rendered("$input.body $input.json('$') [$input.path('$.a')]", Payload("")) == "{} {} []"


def test_a_jsonpath_of_what_is_no_json_fails() -> None:
    """Spec 89, 130: ``$input.body`` still works, and the error says the reason."""
    assert rendered("<$input.body>", Payload("hello")) == "<hello>"
    with pytest.raises(TemplateFailed, match="the payload is not JSON"):
        rendered("$input.json('$')", Payload("hello"))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("$context.connectionId ${context.identity.sourceIp}", "C= 1.2.3.4"),
        ("[$context.authorizer.principalId][$context.nope]", "[][]"),
        ("#set($ttl = $context.requestTimeEpoch + 86400)$ttl", "87400"),
        ("$stageVariables.stage ${stageVariables['with-hyphen']}", "blue x"),
        ("[$stageVariables.nope]", "[]"),
        ("$input.params('q') $input.params('x-twice') [$input.params('nope')]", "b 2 []"),
        ("$input.params().get('header')", "{Host=h, X-Twice=2}"),
        ("#foreach($k in $input.params().header.keySet())$k;#end", "Host;X-Twice;"),
    ],
)
def test_the_variables_of_the_request(template: str, expected: str) -> None:
    """Spec 130: what has no value is written as nothing."""
    assert rendered(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("$util.escapeJavaScript($input.path('$.pets[0].name'))", "d\\'og"),
        ("$util.escapeJavaScript($input.path('$.pets[0].name')).replaceAll(\"\\\\'\",\"'\")", "d'og"),
        ("$util.escapeJavaScript('a\"b/é')", 'a\\"b\\/\\u00E9'),
        ("#set($o = $util.parseJson($input.path('$.text')))$o.key.list[0]", "1"),
        ("$util.urlEncode('a b&c~')", "a+b%26c%7E"),
        ("$util.urlDecode('a+b%26')", "a b&"),
        ("$util.base64Encode('hé')", "aMOp"),
        ("$util.base64Decode('aMOp')", "hé"),
    ],
)
def test_the_helpers(template: str, expected: str) -> None:
    """Spec 130: ``$util``; the second case is the developer guide's own."""
    assert rendered(template) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("#foreach($p in $input.path('$.pets'))$p.id#if($foreach.hasNext),#end#end", "1,2"),
        ("#if($input.path('$.missing'))yes#{else}no#end", "no"),
        ("#if($input.path('$.empty'))yes#{else}no#end", "yes"),
        ("#if($input.path('$.zero') == '0' && !$input.path('$.missing'))yes#end", "yes"),
        ("#if($input.path('$.zero') > 1)a#elseif($input.path('$.yes'))b#{else}c#end", "b"),
        ("#set($x = 'a' + 1)$x", "a1"),
        ("#set($m = {})#set($old = $m.put('k', true))$m", "{k=true}"),
        ("#macro(shout $a)$a!#end#shout('x')", "x!"),
        ("## a comment\nx #* another *#y", "x y"),
        ("$undefined $!undefined costs \\$default $5 #fff", "$undefined  costs $default $5 #fff"),
        ("$input.body.length()", str(len(BODY))),
    ],
)
def test_the_language(template: str, expected: str) -> None:
    """Spec 130: Velocity 1.7, whose values are Java's: ``true``, an empty string that is true, ``+`` that joins."""
    assert rendered(template) == expected


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("#if(true)", "expected #else, #elseif or #end"),
        ("#include('/etc/passwd')", "#include is not supported"),
        ("#evaluate($input.body)", "#evaluate is not supported"),
        ("#break", "#break is not supported"),
        ("$util.nope('x')", "there is no nope here"),
        ("$input.body.upper()", "a string has no method upper here"),
        ("$input.path('][')", "no JSONPath"),
        ("$util.parseJson('{')", "not JSON"),
        ("$util.base64Decode('a')", "not base64"),
        ("#set($x = 1 - 'a')", "unsupported operand"),
    ],
)
def test_what_fails_says_why(template: str, reason: str) -> None:
    """Text that is not Velocity, or that we do not support, gives a clear error."""
    with pytest.raises(TemplateFailed, match=reason):
        rendered(template)


@pytest.mark.parametrize(
    "template",
    [
        "$input.__class__",
        "$input.body.__class__.__mro__",
        "$util.base64Encode.__globals__",
        "$context.identity.__init__",
        "$input._payload",
        "$input.path('$.pets').__len__",
        "#set($x = 'a')$!x.__class__",
    ],
)
def test_nothing_of_python_can_be_reached(template: str) -> None:
    """A template sees the keys of maps and the methods that Java's values have."""
    assert rendered(template) == ""


def test_values_are_not_evaluated_again() -> None:
    """What a client sends is text, whatever it looks like."""
    assert (
        rendered("$input.path('$.a')", Payload('{"a":"$context.connectionId #stop"}')) == "$context.connectionId #stop"
    )


@pytest.mark.parametrize(
    ("key", "expected"),
    [("chat", "C"), ("other", "D"), ("$default", "D"), (None, "D")],
)
def test_the_template_is_that_of_the_key_or_the_default_one(key: str | None, expected: str) -> None:
    """Spec 126."""
    assert choose({"chat": "C", "application/json": "J", "$default": "D"}, key) == expected


def test_without_a_default_the_documented_key_serves_but_not_for_another_key() -> None:
    """Spec 125, 126: ``application/json`` as in AWS's own MOCK example."""
    templates = {"application/json": "J"}
    assert [choose(templates, key) for key in (None, "$default", "chat")] == ["J", "J", None]
