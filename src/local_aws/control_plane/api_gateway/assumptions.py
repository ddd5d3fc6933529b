"""Messages of API Gateway's control plane for which we know no source.

That AWS answers each of these errors is documented or follows from the list of behaviours. The text is ours, or that of
the same error of REST APIs if that is known. To use a text captured from AWS, change one line here. Texts with a source
are in ``validation``.
"""

__all__ = [
    "ACCESS_LOG_DESTINATION",
    "ACCESS_LOG_FORMAT_TOO_LONG",
    "AUTHORIZER_REQUIRED",
    "AUTHORIZER_TAKEN",
    "AUTO_DEPLOYMENT_DESCRIPTION",
    "AUTO_DEPLOYMENT_SUCCEEDED",
    "AUTO_DEPLOY_IS_ON",
    "BODY_NOT_JSON",
    "BODY_NOT_OBJECT",
    "DEPLOYMENT_IN_USE",
    "DOMAIN_NAME_CERTIFICATE",
    "DOMAIN_NAME_CONFIGURATION",
    "DOMAIN_NAME_ENDPOINT",
    "DOMAIN_NAME_INVALID",
    "DOMAIN_NAME_MUTUAL_TLS",
    "DOMAIN_NAME_SECURITY",
    "DOMAIN_NAME_TAKEN",
    "INVALID_PAGE",
    "MAPPING_KEY_CHARACTERS",
    "MAPPING_KEY_SLASHES",
    "MAPPING_KEY_TAKEN",
    "MAPPING_NOT_FOUND",
    "MAP_KEY_NOT_FOUND",
    "MODEL_NAME",
    "MODEL_TAKEN",
    "NOT_FOUND",
    "NOT_ONE_OF",
    "QUOTA",
    "QUOTA_LIMIT_TYPE",
    "REQUIRED",
    "RESERVED_ROUTE_KEY",
    "ROUTE_RESPONSE_TAKEN",
    "ROUTE_TAKEN",
    "STAGE_TAKEN",
    "TEMPLATE_TOO_LONG",
    "UNSUPPORTED",
    "WRONG_TYPE",
]

REQUIRED = "{field} is a required field"
"""BC-v2: a member that the service model requires, missing or empty."""

WRONG_TYPE = "Invalid value specified for {field}: it must be {expected}"
"""BC-v2: a member whose JSON type differs from the service model's."""

NOT_ONE_OF = "Invalid value specified for {field}: {value}. Must be one of [{allowed}]"
"""BC-v2, spec 104, 206: a value that the service model does not list."""

RESERVED_ROUTE_KEY = "The provided route key is not formatted properly for WEBSOCKET protocol: {key}"
"""Spec 95: a custom route key that starts with ``$``."""

AUTHORIZER_REQUIRED = (
    "Invalid authorizer ID specified. Setting the authorization type to CUSTOM requires a valid authorizer."
)
"""Spec 206: ``CUSTOM`` without an authorizer of this API; the text of REST APIs, without Cognito."""

MODEL_NAME = "Model name must be alphanumeric: {name}"
"""Spec 171: a model name that is not alphanumeric; the text of REST APIs."""

ACCESS_LOG_DESTINATION = "Invalid ARN specified in the request. ARN must be of a CloudWatch Logs group"
"""Spec 249: an access-log destination that is not a log group."""

ACCESS_LOG_FORMAT_TOO_LONG = "Access Log format must not be larger than 3 KB"
"""Spec 168: an access-log template over 3 KB."""

TEMPLATE_TOO_LONG = "Mapping template {key} must not be larger than 300 KB"
"""Spec 168: a request or response template over 300 KB."""

AUTO_DEPLOY_IS_ON = "Deployment ID cannot be set manually because auto-deploy is enabled"
"""Spec 235: setting ``deploymentId`` of a stage with ``autoDeploy``, or creating a deployment for it."""

AUTO_DEPLOYMENT_DESCRIPTION = "Automatic deployment triggered by changes to the Api configuration"
"""Spec 234: the description of a deployment that ``autoDeploy`` creates."""

AUTO_DEPLOYMENT_SUCCEEDED = "Successfully deployed stage with deployment ID '{deployment_id}'"
"""Spec 234: ``lastDeploymentStatusMessage`` after success; the text after a failure has a source."""

DEPLOYMENT_IN_USE = "Active stages pointing to this deployment must be moved or deleted"
"""Spec 232: deleting a deployment that a stage uses; the text of REST APIs."""

ROUTE_TAKEN = "Route with key {key} already exists for this API"
"""Spec 239: ConflictException for a second route with the same key."""

ROUTE_RESPONSE_TAKEN = "Route response with key {key} already exists for this route"
"""Spec 118, 239: ConflictException for a second route response."""

MODEL_TAKEN = "Model name {name} already exists for this API"
"""Spec 239: ConflictException for a second model with the same name."""

AUTHORIZER_TAKEN = "Authorizer name must be unique. Authorizer {name} already exists for this API"
"""Spec 239: ConflictException for a second authorizer with the same name; nearly the text of REST APIs."""

STAGE_TAKEN = "Stage already exists"
"""Spec 239: ConflictException for a second stage with the same name; the text of REST APIs."""

NOT_FOUND = "Invalid {kind} identifier specified"
"""Spec 239: NotFoundException for any part of an API; the text for the API itself is known."""

MAP_KEY_NOT_FOUND = "Unable to find {key} within the {field} of {identifier}"
"""DeleteRouteSettings and DeleteRouteRequestParameter for a missing key; modelled on the text in spec 248."""

QUOTA = "Maximum number of {collection} for this API has been reached. Please contact AWS if you need additional ones."
"""Spec 166, 239: TooManyRequestsException when a quota is exceeded; nearly the text of REST APIs."""

QUOTA_LIMIT_TYPE = "{collection} per API"
"""Spec 239: ``limitType`` of that exception."""

INVALID_PAGE = "Invalid nextToken or maxResults"
"""Spec 238: a ``nextToken`` or ``maxResults`` that is not a number, or out of range."""

BODY_NOT_JSON = "Invalid request body: {error}"
"""A request body that is not JSON."""

BODY_NOT_OBJECT = "Invalid request body: it must be a JSON object"
"""A request body that is JSON but not an object."""

UNSUPPORTED = "{method} {path} is not supported for a WEBSOCKET protocolType"
"""An operation on a WebSocket API that does not exist, or exists for HTTP APIs only."""

DOMAIN_NAME_INVALID = "Invalid domain name identifier specified"
"""BC-v2: a text that is not a domain name, or a domain name that does not exist."""

DOMAIN_NAME_TAKEN = "The domain name you provided already exists."
"""BC-v2: ``ConflictException`` of CreateDomainName; the text of REST APIs."""

DOMAIN_NAME_CONFIGURATION = "Exactly one domain name configuration must be specified"
"""BC-v2: CreateDomainName with no configuration or several."""

DOMAIN_NAME_CERTIFICATE = "A valid certificate ARN must be specified for the domain name"
"""BC-v2: a configuration without a certificate of ACM or IAM."""

DOMAIN_NAME_ENDPOINT = "Only the REGIONAL endpoint type is supported for a WEBSOCKET protocolType"
"""Spec 44: an edge-optimised domain name."""

DOMAIN_NAME_SECURITY = "Only the TLS_1_2 security policy is supported for a WEBSOCKET protocolType"
"""Spec 3: a security policy other than TLS_1_2."""

DOMAIN_NAME_MUTUAL_TLS = "Mutual TLS is not supported for a WEBSOCKET protocolType"
"""Spec 229: a WebSocket API behind a domain name with mutual TLS, which is documented for other APIs only."""

MAPPING_NOT_FOUND = "Invalid API mapping identifier specified"
"""BC-v2: a mapping that does not exist."""

MAPPING_KEY_CHARACTERS = "API mapping key should only contain letters, numbers and $-_.+!*'()/"
"""DG-mapi: a mapping key with other characters, or longer than 300."""

MAPPING_KEY_SLASHES = "API mapping key should not start or end with a '/' or have consecutive '/'s."
"""DG-mapi: a mapping key with an empty segment."""

MAPPING_KEY_TAKEN = "ApiMapping key already exists for this domain name"
"""BC-v2: ``ConflictException`` of CreateApiMapping for a second mapping with the same key."""
