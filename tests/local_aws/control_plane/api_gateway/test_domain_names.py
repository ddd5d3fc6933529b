"""Custom domain names and API mappings (spec 229, 259–261, 273)."""

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane import ControlPlane

from ..conftest import ACCOUNT, Client

CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1234"


@pytest.fixture
def domain(client: Client, unique: str) -> Iterator[str]:
    name = f"{unique}.example.com"
    client("apigatewayv2").create_domain_name(
        DomainName=name, DomainNameConfigurations=[{"CertificateArn": CERTIFICATE}]
    )
    yield name
    if any(each["DomainName"] == name for each in client("apigatewayv2").get_domain_names()["Items"]):
        client("apigatewayv2").delete_domain_name(DomainName=name)


@pytest.fixture
def stage(client: Client, api: str) -> str:
    client("apigatewayv2").create_stage(ApiId=api, StageName="dev")
    return "dev"


def mapped(client: Client, domain: str, api: str, key: str = "orders") -> str:
    mapping = client("apigatewayv2").create_api_mapping(DomainName=domain, ApiId=api, Stage="dev", ApiMappingKey=key)
    return str(mapping["ApiMappingId"])


def test_a_domain_name(client: Client, domain: str) -> None:
    """Spec 261: its document has the fields that were set, and those that AWS adds."""
    found = client("apigatewayv2").get_domain_name(DomainName=domain)
    (configuration,) = found["DomainNameConfigurations"]
    assert (found["DomainName"], found["ApiMappingSelectionExpression"]) == (domain, "$request.basepath")
    assert re.fullmatch(
        r"d-[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com", configuration["ApiGatewayDomainName"]
    )
    assert (configuration["EndpointType"], configuration["SecurityPolicy"]) == ("REGIONAL", "TLS_1_2")
    assert (configuration["CertificateArn"], configuration["DomainNameStatus"]) == (CERTIFICATE, "AVAILABLE")


def test_a_certificate_can_be_renewed(client: Client, domain: str) -> None:
    """UpdateDomainName changes it; the regional name stays, since DNS points at it."""
    gateway = client("apigatewayv2")
    before = gateway.get_domain_name(DomainName=domain)["DomainNameConfigurations"][0]
    changed = gateway.update_domain_name(
        DomainName=domain, DomainNameConfigurations=[{"CertificateArn": CERTIFICATE + "5"}]
    )
    assert changed["DomainNameConfigurations"] == [{**before, "CertificateArn": CERTIFICATE + "5"}]


def test_a_mapping_leads_to_a_stage(client: Client, plane: ControlPlane, domain: str, api: str, stage: str) -> None:
    """Spec 259: from its creation until it is deleted."""
    assert plane.domain_mappings(domain) == {}
    identifier = mapped(client, domain, api)
    assert plane.domain_mappings(domain) == {"orders": (api, stage)}
    gateway = client("apigatewayv2")
    gateway.update_api_mapping(DomainName=domain, ApiMappingId=identifier, ApiId=api, ApiMappingKey="more/orders")
    assert plane.domain_mappings(domain) == {"more/orders": (api, stage)}
    assert [each["ApiMappingId"] for each in gateway.get_api_mappings(DomainName=domain)["Items"]] == [identifier]
    gateway.delete_api_mapping(DomainName=domain, ApiMappingId=identifier)
    assert plane.domain_mappings(domain) == {}


def test_a_deleted_domain_name(client: Client, plane: ControlPlane, domain: str, api: str, stage: str) -> None:
    """Its mappings are deleted with it."""
    mapped(client, domain, api)
    client("apigatewayv2").delete_domain_name(DomainName=domain)
    assert plane.domain_mappings(domain) is None


def test_a_wildcard_covers_one_label(client: Client, plane: ControlPlane, unique: str) -> None:
    """``*.example.com`` covers api.example.com, and neither example.com nor a.b.example.com."""
    base = f"{unique}.example.org"
    client("apigatewayv2").create_domain_name(
        DomainName=f"*.{base}", DomainNameConfigurations=[{"CertificateArn": CERTIFICATE}]
    )
    assert plane.domain_mappings(f"api.{base}") == {}
    assert plane.domain_mappings(base) is None
    assert plane.domain_mappings(f"a.b.{base}") is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"DomainName": "no domain"}, "BadRequestException"),
        ({"DomainNameConfigurations": []}, "BadRequestException"),
        ({"DomainNameConfigurations": [{}]}, "BadRequestException"),
        ({"DomainNameConfigurations": [{"CertificateArn": "mine"}]}, "BadRequestException"),
        (
            {"DomainNameConfigurations": [{"CertificateArn": CERTIFICATE, "EndpointType": "EDGE"}]},
            "BadRequestException",
        ),
        (
            {"DomainNameConfigurations": [{"CertificateArn": CERTIFICATE, "SecurityPolicy": "TLS_1_0"}]},
            "BadRequestException",
        ),
        ({}, "ConflictException"),
    ],
)
def test_an_invalid_domain_name(client: Client, domain: str, changes: dict[str, Any], code: str) -> None:
    """Spec 3, 44: it is an error, and so is one that exists already."""
    arguments = {"DomainName": domain, "DomainNameConfigurations": [{"CertificateArn": CERTIFICATE}], **changes}
    with pytest.raises(ClientError) as error:
        client("apigatewayv2").create_domain_name(**arguments)
    assert error.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Stage": "prod"}, "NotFoundException"),
        ({"ApiId": "nowhere"}, "NotFoundException"),
        ({"DomainName": "other.example.com"}, "NotFoundException"),
        ({"ApiMappingKey": "/orders"}, "BadRequestException"),
        ({"ApiMappingKey": "a b"}, "BadRequestException"),
        ({"ApiMappingKey": "taken"}, "ConflictException"),
    ],
)
def test_an_invalid_mapping(
    client: Client, domain: str, api: str, stage: str, changes: dict[str, str], code: str
) -> None:
    """An unknown API or stage, an invalid key and a duplicate key are errors."""
    mapped(client, domain, api, "taken")
    arguments = {"DomainName": domain, "ApiId": api, "Stage": stage, "ApiMappingKey": "orders", **changes}
    with pytest.raises(ClientError) as error:
        client("apigatewayv2").create_api_mapping(**arguments)
    assert error.value.response["Error"]["Code"] == code


def test_mutual_tls_is_for_other_apis(client: Client, unique: str, api: str, stage: str) -> None:
    """Spec 229: mapping a WebSocket API to a domain name with mutual TLS is an error."""
    name = f"mtls-{unique}.example.com"
    gateway = client("apigatewayv2")
    gateway.create_domain_name(
        DomainName=name,
        DomainNameConfigurations=[{"CertificateArn": CERTIFICATE}],
        MutualTlsAuthentication={"TruststoreUri": "s3://bucket/key"},
    )
    with pytest.raises(ClientError, match="Mutual TLS is not supported"):
        mapped(client, name, api)
    gateway.delete_domain_name(DomainName=name)


def template(domain: str, key: str) -> str:
    """An API, its stage, a domain name and a mapping."""
    resources = {
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": domain,
                "ProtocolType": "WEBSOCKET",
                "RouteSelectionExpression": "$request.body.action",
            },
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "dev"},
        },
        "Domain": {
            "Type": "AWS::ApiGatewayV2::DomainName",
            "Properties": {"DomainName": domain, "DomainNameConfigurations": [{"CertificateArn": CERTIFICATE}]},
        },
        "Mapping": {
            "Type": "AWS::ApiGatewayV2::ApiMapping",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "Stage": {"Ref": "Stage"},
                "DomainName": {"Ref": "Domain"},
                "ApiMappingKey": key,
            },
        },
    }
    outputs = {
        "Api": {"Value": {"Ref": "Api"}},
        "Domain": {"Value": {"Ref": "Domain"}},
        "Regional": {"Value": {"Fn::GetAtt": ["Domain", "RegionalDomainName"]}},
        "Zone": {"Value": {"Fn::GetAtt": ["Domain", "RegionalHostedZoneId"]}},
        "Mapping": {"Value": {"Fn::GetAtt": ["Mapping", "ApiMappingId"]}},
    }
    return json.dumps({"Resources": resources, "Outputs": outputs})


def test_a_stack_with_a_domain_name(client: Client, plane: ControlPlane, unique: str) -> None:
    """Spec 273: they are created, changed and deleted together, with the attributes that DNS records need."""
    domain, stacks = f"{unique}.example.net", client("cloudformation")
    stacks.create_stack(StackName=unique, TemplateBody=template(domain, "orders"))
    (stack,) = stacks.describe_stacks(StackName=unique)["Stacks"]
    found = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert found["Domain"] == domain
    assert found["Regional"].endswith(".execute-api.us-east-1.amazonaws.com")
    assert found["Zone"] == "Z1UJRXOUMOOFQ8"
    (mapping,) = client("apigatewayv2").get_api_mappings(DomainName=domain)["Items"]
    assert (mapping["ApiMappingId"], mapping["ApiMappingKey"]) == (found["Mapping"], "orders")
    stacks.update_stack(StackName=unique, TemplateBody=template(domain, "shop"))
    assert plane.domain_mappings(domain) == {"shop": (found["Api"], "dev")}
    stacks.delete_stack(StackName=unique)
    assert plane.domain_mappings(domain) is None


def test_a_hosted_zone_is_the_regions_own_or_left_out(url: str, unique: str) -> None:
    """It is never that of another region, where a DNS record would then point."""
    found = {}
    for region in ("us-east-1", "eu-west-1", "eu-north-1"):
        keys: dict[str, Any] = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}
        gateway = boto3.client("apigatewayv2", endpoint_url=url, region_name=region, **keys)
        name = f"{unique}-{region}.example.net"
        document = gateway.create_domain_name(
            DomainName=name, DomainNameConfigurations=[{"CertificateArn": CERTIFICATE.replace("us-east-1", region)}]
        )
        found[region] = document["DomainNameConfigurations"][0].get("HostedZoneId")
        gateway.delete_domain_name(DomainName=name)
    assert found == {"us-east-1": "Z1UJRXOUMOOFQ8", "eu-west-1": "ZLY8HYME6SFDD", "eu-north-1": None}
