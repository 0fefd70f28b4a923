"""Holds documents against the service models of botocore, Google's discovery document and the types of Cloudflare's library.

python3 clouds.py FOLDER, with the packages on its path. Prints what is wrong, and ends with 1 where something is.
"""

import ast
import importlib.util
import json
import os
import sys

import botocore.session
import botocore.validate
import googleapiclient.discovery_cache

FOLDER = sys.argv[1]
session = botocore.session.get_session()
wrong = []
checked = 0


def document(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return json.load(file)


def enumerations(shape, value, path):
    """What botocore leaves to the service: values that are listed."""
    if shape.type_name == "structure":
        for key, inner in value.items():
            yield from enumerations(shape.members[key], inner, f"{path}.{key}")
    elif shape.type_name == "list":
        for inner in value:
            yield from enumerations(shape.member, inner, path)
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{path}: {value} is not among {shape.enum}"


def faults(service, operation, parameters):
    shape = session.get_service_model(service).operation_model(operation).input_shape
    report = botocore.validate.ParamValidator().validate(parameters, shape)
    if report.has_errors():
        return [report.generate_report()]
    return list(enumerations(shape, parameters, operation))


def check(service, operation, parameters):
    global checked
    checked += 1
    wrong.extend(f"{service}: {fault}" for fault in faults(service, operation, parameters))


def refuse(service, operation, parameters):
    global checked
    checked += 1
    if not faults(service, operation, parameters):
        wrong.append(f"{service}: {parameters} is not refused")


def discovery(schema, value, path):
    """A value against a schema of a discovery document: types and keys."""
    kind = schema.get("type")
    types = {"array": list, "object": dict, "string": str, "integer": int}
    if kind and not isinstance(value, types[kind]):
        yield f"{path}: {value!r} is no {kind}"
    elif kind == "array":
        for inner in value:
            yield from discovery(schema["items"], inner, path)
    elif kind == "object":
        for key, inner in value.items():
            if key not in schema["properties"]:
                yield f"{path}: there is no {key}"
            else:
                yield from discovery(schema["properties"][key], inner, f"{path}.{key}")


check("s3", "PutBucketCors", {"Bucket": "b", "CORSConfiguration": document("s3-cors.json")})
check(
    "cloudfront",
    "CreateResponseHeadersPolicy",
    {"ResponseHeadersPolicyConfig": document("cloudfront-policy.json")},
)
check("apigatewayv2", "UpdateApi", {"ApiId": "a", "CorsConfiguration": document("api-gateway-cors.json")})
refuse("s3", "PutBucketCors", {"Bucket": "b", "CORSConfiguration": {"CORSRules": [{"AllowedOrigins": ["*"]}]}})
cloudfront = document("cloudfront-policy.json")
cloudfront["CorsConfig"]["AccessControlAllowMethods"]["Items"].append("PURGE")
refuse("cloudfront", "CreateResponseHeadersPolicy", {"ResponseHeadersPolicyConfig": cloudfront})
refuse("apigatewayv2", "UpdateApi", {"ApiId": "a", "CorsConfiguration": {"MaxAge": "10m"}})

documents = os.path.join(os.path.dirname(googleapiclient.discovery_cache.__file__), "documents")
with open(os.path.join(documents, "storage.v1.json"), encoding="utf-8") as file:
    cors = json.load(file)["schemas"]["Bucket"]["properties"]["cors"]
checked += 2
wrong.extend(discovery(cors, document("gcs-cors.json"), "cors"))
if not list(discovery(cors, [{"origins": ["*"]}], "cors")):
    wrong.append("cors: origins is not refused")



def typed(classes, kind, value, path):
    """A value against the typed dictionary of a class, read from its source: keys, listed values, and what has to be there."""
    required = set()
    known = {}
    for field in classes[kind].body:
        if not isinstance(field, ast.AnnAssign):
            continue
        text = ast.unparse(field.annotation)
        alias = text.partition("alias=")[2].strip("')]\"")
        known[alias or field.target.id] = text
        if text.startswith("Required["):
            required.add(alias or field.target.id)
    for key in sorted(required - value.keys()):
        yield f"{path}: {key} is missing"
    for key, inner in value.items():
        if key not in known:
            yield f"{path}: there is no {key}"
            continue
        text = known[key]
        each = inner if isinstance(inner, list) else [inner]
        if isinstance(inner, list) != any(list_type in text for list_type in ("List[", "Sequence", "Iterable[")):
            yield f"{path}.{key}: {inner!r} is no {text}"
        for item in each:
            if isinstance(item, dict):
                yield from typed(classes, next(name for name in classes if name in text.replace("Required", "")), item, f"{path}.{key}")
            elif "Literal[" in text and repr(item) not in text:
                yield f"{path}.{key}: {item!r} is not among {text}"
            elif isinstance(item, str) == ("float" in text):
                yield f"{path}.{key}: {item!r} is no {text}"


cloudflare = importlib.util.find_spec("cloudflare").submodule_search_locations[0]
with open(os.path.join(cloudflare, "types/r2/buckets/cors_update_params.py"), encoding="utf-8") as file:
    nodes = ast.parse(file.read()).body
r2 = {node.name: node for node in sorted((n for n in nodes if isinstance(n, ast.ClassDef)), key=lambda n: -len(n.name))}
account = {"account_id": "a"}
checked += 4
wrong.extend(typed(r2, "CORSUpdateParams", account | document("r2-cors.json"), "r2"))
for bad in (
    {"rules": [{"allowed": {"origins": ["*"]}}]},
    {"rules": [{"allowed": {"origins": ["*"], "methods": ["PATCH"]}}]},
    {"rules": [{"allowed": {"origins": ["*"], "methods": ["GET"]}, "maxAge": 5}]},
):
    if not list(typed(r2, "CORSUpdateParams", account | bad, "r2")):
        wrong.append(f"r2: {bad} is not refused")

print("\n".join(wrong))
print(f"{checked} checked, {len(wrong)} wrong")
sys.exit(1 if wrong else 0)
