import doctest
import re
import xml.etree.ElementTree as ET
from itertools import combinations
from typing import Any

import pytest

from walkthrough import graph
from walkthrough.graph import layout as layouts
from walkthrough.graph.layout import Layout, arrange

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ["$connect", "$disconnect", "$default", "send", "broadcast"]


def template() -> dict[str, Any]:
    """A stack in the shape of the course's."""

    def function(name: str) -> str:
        return f"{name.removeprefix('$').capitalize()}LambdaFunction"

    resources: dict[str, Any] = {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "a"}},
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "dev", "DeploymentId": {"Ref": "Deployment"}},
        },
        "Deployment": {
            "Type": "AWS::ApiGatewayV2::Deployment",
            "Properties": {"ApiId": {"Ref": "Api"}},
            "DependsOn": [f"Route{number}" for number in range(len(NAMES))],
        },
    }
    for number, name in enumerate(NAMES):
        resources[f"Route{number}"] = {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": name,
                "Target": {"Fn::Join": ["/", ["integrations", {"Fn::GetAtt": [function(name), "Arn"]}]]},
            },
        }
        resources[function(name)] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Role": {"Fn::GetAtt": "Role.Arn"}, "Code": {"Ref": "Bucket"}, "Table": {"Ref": "Table"}},
            "DependsOn": "Table",
        }
    resources["Role"] = {
        "Type": "AWS::IAM::Role",
        "Properties": {"A": {"Fn::Sub": "arn:${AWS::Partition}:x:${Api}/*"}, "B": {"Fn::GetAtt": ["Table", "Arn"]}},
    }
    return {"Resources": resources}


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"Ref": "A"}, ["A"]),
        ({"Fn::GetAtt": ["A", "Arn"]}, ["A"]),
        ({"Fn::GetAtt": "A.Arn"}, ["A"]),
        ({"Fn::Sub": "x ${A} ${B.Arn} ${!Literal}"}, ["A", "B"]),
        ({"Fn::Sub": ["${A} ${X}", {"X": {"Ref": "B"}}]}, ["A", "X", "B"]),
        ({"Fn::Join": ["/", ["a", {"Ref": "A"}]]}, ["A"]),
        ("Ref", []),
    ],
)
def test_references(value: Any, names: list[str]) -> None:
    """Every way in which CloudFormation refers to a resource is found, at any depth."""
    assert names == list(graph.references(value))


def test_inside() -> None:
    """What has an API's id is a part of the API; a stage is no part of the deployment that it serves."""
    inside = {group.kind: group.inside for group in graph.graph_of(template()).groups}
    api = "AWS::ApiGatewayV2::Api"
    assert {"Stage": api, "Deployment": api, "Route": api} == {kind: of for kind, of in inside.items() if of}


def test_arrows() -> None:
    """An arrow stands for a reference, or for a DependsOn that leads where no reference leads."""
    arrows = {(a.rpartition("::")[2], b.rpartition("::")[2]) for a, b in graph.graph_of(template()).arrows}
    assert {
        ("Stage", "Deployment"),
        ("Deployment", "Route"),
        ("Route", "Function"),
        ("Function", "Role"),
        ("Function", "Bucket"),
        ("Function", "Table"),
        ("Role", "Api"),
        ("Role", "Table"),
    } == arrows


def test_names() -> None:
    """A resource is called by its route key or stage name, or by its logical id without what all of its type share."""
    names = {group.kind: group.names for group in graph.graph_of(template()).groups}
    assert tuple(NAMES) == names["Route"]
    assert ("dev",) == names["Stage"]
    assert ("Connect", "Disconnect", "Default", "Send", "Broadcast") == names["Function"]


def test_no_box_touches_another() -> None:
    """No two boxes overlap, and all of them are in the picture."""
    layout = arrange(graph.graph_of(template()))
    assert apart(layout)
    assert all(box.x > 0 and box.right < layout.width and box.bottom < layout.height for box in layout.boxes.values())


def test_frame_holds_its_parts() -> None:
    """A frame has in it the boxes of its parts, and no other box."""
    drawn = graph.graph_of(template())
    layout = arrange(drawn)
    [frame] = layout.frames.values()
    held = {
        name
        for name, box in layout.boxes.items()
        if frame.x < box.x and box.right < frame.right and frame.y < box.y and box.bottom < frame.bottom
    }
    assert {group.type for group in drawn.groups if group.inside} == held


def test_no_arrow_enters_a_box_on_its_way() -> None:
    """An arrow that passes a column passes beside its boxes."""
    layout = arrange(graph.graph_of(template()))
    for path in layout.paths:
        points = [(float(x), float(y)) for x, y in re.findall(r"(-?\d+) (-?\d+)(?=[CHV]|$)", path)]
        for (x, y), box in [(point, box) for point in points for box in layout.boxes.values()]:
            assert not (box.x + 1 < x < box.right - 1 and box.y + 1 < y < box.bottom - 1), (path, box)


def test_an_empty_template() -> None:
    """A template without resources gives an empty picture, no error."""
    assert "" == repr(graph.draw({"Resources": {}}))


def test_types_that_refer_to_each_other() -> None:
    """Two types that refer to each other are drawn all the same."""
    resources = {
        "A": {"Type": "AWS::X::One", "Properties": {"p": {"Ref": "B"}}},
        "B": {"Type": "AWS::X::Two"},
        "C": {"Type": "AWS::X::Two", "Properties": {"p": {"Ref": "A"}}},
    }
    assert "One (X): A; refers to Two\nTwo (X): B, C; refers to One" == repr(graph.draw({"Resources": resources}))


def test_picture() -> None:
    """The picture is named by its alt text, which says how much there is; the text says all; it is always the same."""
    picture = graph.draw(template())
    root = ET.fromstring(picture.svg)
    assert (f"{SVG}title", picture.alt) == (root[0].tag, root[0].text)
    assert picture.alt == (
        "16 resources of 8 types: a box for each type, an arrow where one refers to another. "
        "The frame Api holds Stage, Deployment, Route."
    )
    assert "Role (IAM): Role; refers to Api, Table" in picture.text.splitlines()
    assert picture == graph.draw(template())


def test_example() -> None:
    """The example in the documentation is true."""
    assert (0, 0) == (doctest.testmod(graph).failed, doctest.testmod(layouts).failed)


# Other templates than the course's


def referring(count: int, *arrows: tuple[int, int], of: Any = str) -> dict[str, Any]:
    """A template of so many types, each with one resource, and the references between them."""
    return {
        "Resources": {
            of(number): {
                "Type": f"AWS::X::Type{number}",
                "Properties": {"p": [{"Ref": of(target)} for source, target in arrows if source == number]},
            }
            for number in range(count)
        }
    }


def apart(layout: Layout) -> bool:
    return all(
        one.right < other.x or other.right < one.x or one.bottom < other.y or other.bottom < one.y
        for one, other in combinations(layout.boxes.values(), 2)
    )


@pytest.mark.parametrize(
    "arrows",
    [
        [],
        [(number, number - 1) for number in range(1, 200)],
        [(number, target) for number in range(200) for target in {number // 2, number // 3} if target != number],
        [(number, target) for number in range(200) for target in range(number)],
    ],
    ids=["nothing", "a chain", "two each", "everything"],
)
def test_a_large_template(arrows: list[tuple[int, int]]) -> None:
    """Two hundred types are drawn, whatever they refer to: no box is missing, and none lies on another."""
    layout = arrange(graph.graph_of(referring(200, *arrows)))
    assert 200 == len(layout.boxes)
    assert len(arrows) == len(layout.paths)
    assert apart(layout)
    assert all(box.x > 0 and box.right < layout.width and box.bottom < layout.height for box in layout.boxes.values())


def test_few_crossings() -> None:
    """Two rows that refer to each other in the opposite order are drawn without a crossing."""
    layout = arrange(graph.graph_of(referring(20, *((number, 19 - number) for number in range(10)))))
    levels = [(layout.boxes[f"AWS::X::Type{one}"].y, layout.boxes[f"AWS::X::Type{19 - one}"].y) for one in range(10)]
    assert sorted(levels) == sorted(levels, key=lambda level: level[1])


def test_what_is_joined_to_nothing_stands_below() -> None:
    """In rows that are no wider than a page."""
    layout = arrange(graph.graph_of(referring(30, (0, 1))))
    joined = max(layout.boxes[f"AWS::X::Type{number}"].bottom for number in (0, 1))
    others = [layout.boxes[f"AWS::X::Type{number}"] for number in range(2, 30)]
    assert all(box.y > joined for box in others)
    assert 1200 > layout.width
    assert 1 < len({box.y for box in others}) < 5


@pytest.mark.parametrize("name", ["ServerlessDeploymentBucket", "a" * 40, "GET /a/long-path/with/{parts}", "short"])
def test_a_long_name_is_written_whole(name: str) -> None:
    """In several lines where it has to be, each within its box."""
    picture = graph.draw(referring(1, of=lambda number: name))
    root = ET.fromstring(picture.svg)
    [box] = [each for each in root.iter(f"{SVG}rect") if each.get("class") == "thing"]
    lines = [each for each in root.iter(f"{SVG}text") if each.get("class") == "mono"]
    assert name == "".join(line.text or "" for line in lines)
    right, bottom = (float(box.get(a, 0)) + float(box.get(b, 0)) for a, b in (("x", "width"), ("y", "height")))
    for line in lines:
        assert float(line.get("x", 0)) + 7.8 * len(line.text or "") < right
        assert float(line.get("y", 0)) < bottom
    assert name in picture.text


def test_a_frame_has_room_for_its_title() -> None:
    """Though all that it holds is narrower."""
    resources = {
        "AnApiWithAVeryLongNameIndeed": {"Type": "AWS::ApiGatewayV2::Api"},
        "S": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": {"Ref": "AnApiWithAVeryLongNameIndeed"}}},
    }
    [frame] = arrange(graph.graph_of({"Resources": resources})).frames.values()
    assert frame.width > 7.8 * len("Api AnApiWithAVeryLongNameIndeed API Gateway")
