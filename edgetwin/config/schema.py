"""The JSON schema of the file, for editors: they explain each key while one types, and mark what is wrong.

It is made from the tree, so it cannot fall behind, and then put into terms of TOML, which has no null. Passwords are
not in it: they do not belong in the file. What needs two tables to see is left to `edgetwin check`.
"""

from typing import Any

from edgetwin.config.templates import OWN
from edgetwin.config.tree import Config

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Make the schema."""
    schema = _with_templates(_in_toml_terms(Config.model_json_schema()))
    head = {
        "$schema": DIALECT,
        "title": "The configuration of edgetwin",
        "description": Config.__doc__,
    }
    return {**head, **{key: value for key, value in schema.items() if key not in head}}


def _in_toml_terms(schema: dict[str, Any]) -> dict[str, Any]:
    """Rewrite one schema and all schemas in it."""
    schema = dict(schema)
    schema.pop("title", None)  # pydantic's repeat the key
    if schema.get("default", ...) is None or "$ref" in schema:
        schema.pop("default", None)  # what is not given is not there
    for key in ("$defs", "properties", "patternProperties"):
        if key in schema:
            schema[key] = {
                name: _in_toml_terms(inner) for name, inner in schema[key].items() if name != "password"
            }
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            schema[key] = _in_toml_terms(schema[key])
    if "patternProperties" in schema:  # a table with names of the user's own choice
        schema["additionalProperties"] = False
        schema.pop("default", None)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            choices = [_in_toml_terms(choice) for choice in schema.pop(key) if choice != {"type": "null"}]
            schema = {**schema, key: choices} if len(choices) > 1 else {**choices[0], **schema}
    return schema


def _with_templates(schema: dict[str, Any]) -> dict[str, Any]:
    """Let templates and tag lists say a part of what a device needs, and describe templates themselves."""
    defs = dict(schema["$defs"])
    templates = dict[str, Any]()
    for name, device in schema["$defs"].items():
        if "signals_file" not in device.get("properties", {}):
            continue
        ((pattern, signal),) = device["properties"]["signals"]["patternProperties"].items()
        kind = signal["$ref"].rpartition("/")[2]
        needs = schema["$defs"][kind].get("required", [])
        defs[kind] = {key: value for key, value in schema["$defs"][kind].items() if key != "required"}
        defs[name] = {
            **device,
            "required": [key for key in device["required"] if key != "signals"],
            "anyOf": [{"required": [key]} for key in ("signals", "signals_file", "template")],
            "if": {"not": {"required": ["template"]}},
            "then": {"properties": {"signals": {"patternProperties": {pattern: {"required": needs}}}}},
        }
        properties = {key: value for key, value in device["properties"].items() if key not in OWN}
        templates[f"{name}Template"] = {**device, "properties": properties, "required": []}
    template = {
        "type": "object",
        "description": "Maps that are written once per model, by name: what devices say with template = NAME.",
        "additionalProperties": {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in templates]},
    }
    return {
        **schema,
        "$defs": defs | templates,
        "properties": {**schema["properties"], "template": template},
    }
