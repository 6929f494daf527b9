"""`/asyncapi`: the protocol as a page to read, and `/asyncapi.yaml` for programs."""

from typing import Any

import yaml
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from drf_spectacular.views import SpectacularSwaggerSplitView

from consumers import asyncapi

# Swagger UI writes style attributes; its scripts still come from this server only.
_SWAGGER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def as_yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def asyncapi_yaml(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(as_yaml(asyncapi.document()), content_type="application/yaml")


def asyncapi_page(request: HttpRequest) -> HttpResponse:
    document = asyncapi.document()
    messages = document["components"]["messages"]
    schemas = document["components"]["schemas"]
    rows = [_row(name, message, schemas) for name, message in messages.items()]
    context = {
        "info": document["info"],
        "about": _with_code(document["info"]["description"]),
        "sections": [
            ("From the client", "client", [row for row in rows if row["side"] == "client" and "." not in row["name"]]),
            ("Commands", "commands", [row for row in rows if row["side"] == "client" and "." in row["name"]]),
            ("From the server", "server", [row for row in rows if row["side"] == "server"]),
            ("Recording: from the client", "microphone", [row for row in rows if row["side"] == "microphone.client"]),
            ("Recording: from the server", "heard", [row for row in rows if row["side"] == "microphone.server"]),
        ],
        "topics": document["x-topics"],
        "close_codes": document["x-close-codes"],
        "error_codes": document["x-error-codes"],
    }
    return render(request, "consumers/asyncapi.html", context)


class SwaggerView(SpectacularSwaggerSplitView):
    """Swagger UI from this server's own files."""

    url_name = "openapi"

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Content-Security-Policy"] = _SWAGGER_POLICY
        return response


def _with_code(text: str) -> str:
    """Escaped, with what stands between backticks as code."""
    parts = enumerate(text.split("`"))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", part) if odd % 2 else part,) for odd, part in parts)
    )


def _row(key: str, message: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    side, name = _side_and_name(key)
    schema = _schema_of(message["payload"], schemas)
    required = set(schema.get("required", []))
    fields = [
        {
            "name": field,
            "type": _type_of(shape),
            "required": field in required,
            "about": _with_code(shape.get("description", "")),
        }
        for field, shape in schema.get("properties", {}).items()
        if field != "type"
    ]
    return {"side": side, "name": name, "summary": _with_code(message["summary"]), "fields": fields}


def _side_and_name(key: str) -> tuple[str, str]:
    """As `client` and `job.get` of `client.job.get`, `microphone.server` and `ack` of `microphone.server.ack`."""
    rest = key.removeprefix("microphone.")
    side, _, name = rest.partition(".")
    return key[: len(key) - len(rest)] + side, name


def _schema_of(payload: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in payload:
        found: dict[str, Any] = schemas[payload["$ref"].rsplit("/", 1)[1]]
        return found
    inner: dict[str, Any] = payload.get("properties", {}).get("data", {})
    return inner


def _type_of(shape: dict[str, Any]) -> str:
    if "$ref" in shape:
        return str(shape["$ref"].rsplit("/", 1)[1])
    if "anyOf" in shape:
        return " or ".join(_type_of(part) for part in shape["anyOf"])
    kind = shape.get("type", "any")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)
