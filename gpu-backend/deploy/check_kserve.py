"""Checks an InferenceService against KServe's own definition, unknown fields included.

    python check_kserve.py serving.kserve.io_inferenceservices.yaml kserve.yaml

The first file is config/crd/full/ of github.com/kserve/kserve.
"""

import sys

import jsonschema
import yaml


def closed(schema):
    """The same schema where a field that it does not name is an error, as `kubectl apply` has it."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items()}
    if result.get("x-kubernetes-int-or-string") is True:
        result.pop("type", None)
        result["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    is_object = result.get("type") == "object" and isinstance(result.get("properties"), dict)
    if is_object and "additionalProperties" not in result and not result.get("x-kubernetes-preserve-unknown-fields"):
        result["additionalProperties"] = False
    return result


def main(definition_path, service_path):
    with open(definition_path, encoding="utf-8") as file:
        definition = yaml.safe_load(file)
    with open(service_path, encoding="utf-8") as file:
        service = yaml.safe_load(file)
    version = service["apiVersion"].split("/")[1]
    [schema] = [v["schema"]["openAPIV3Schema"] for v in definition["spec"]["versions"] if v["name"] == version]
    schema = closed(schema)
    schema["properties"]["metadata"] = {"type": "object"}  # the definition leaves it to Kubernetes
    errors = list(jsonschema.Draft7Validator(schema).iter_errors(service))
    for error in errors:
        print(f"{service_path}: {error.json_path}: {error.message[:200]}")
    print(f"{service_path}: {len(errors)} errors against {definition['metadata']['name']} {version}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
