"""The JSON schema of the file, for editors: they explain each key while one types, and mark what is wrong.

It is made from the tree, so it cannot fall behind, and then put into terms of TOML, which has no null. Passwords are
not in it: they do not belong in the file. What needs two tables to see is left to `edgetwin check`.
"""

from typing import Any

from edgetwin.config.tree import Config

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Make the schema."""
    schema = _in_toml_terms(Config.model_json_schema())
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
