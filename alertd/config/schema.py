"""The forms of what people write as JSON Schema, draft 2020-12, for editors: made of the models that read it."""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from alertd.config.durations import format_duration

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(model: type[BaseModel], title: str) -> dict[str, Any]:
    """The schema of a whole file that is read as `model`."""
    schema = model.model_json_schema(by_alias=True, schema_generator=_Generator)
    return {"$schema": DIALECT, **_without_titles(schema), "title": title}


class _Generator(GenerateJsonSchema):
    """pydantic's, with keys checked too and with defaults as a person would write them."""

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        found: JsonSchemaValue = {"type": "object"}
        if "values_schema" in schema:
            found["additionalProperties"] = self.generate_inner(schema["values_schema"])
        keys = self.generate_inner(schema["keys_schema"]) if "keys_schema" in schema else {}
        self.update_with_validations(found, schema, self.ValidationsMapping.object)
        return found | ({"propertyNames": keys} if keys.keys() - {"type"} else {})

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        default = _written(schema.get("default"))
        return inner if default is None else {**inner, "default": default}


def _written(default: object) -> object:
    """A default as it stands in a file; None where it is better not shown."""
    if isinstance(default, timedelta):
        return format_duration(default)
    return default if isinstance(default, bool | int | float | str | list) and default != [] else None


def _without_titles(schema: Any) -> Any:
    """Without the names that pydantic makes up for each key: an editor shows the key itself."""
    if isinstance(schema, list):
        return [_without_titles(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _without_titles(each) for name, each in value.items()}
        if key in ("properties", "$defs") and isinstance(value, dict)
        else _without_titles(value)
        for key, value in schema.items()
        if key != "title" or not isinstance(value, str)
    }
