import pytest
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator


@pytest.fixture(scope="module")
def document():
    patterns = [path("", include("backend.accounts.urls"))]
    return SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)


def test_document_names_the_ways_to_sign_in(document):
    schemes = document["components"]["securitySchemes"]

    assert schemes["bearer"]["scheme"] == "bearer"
    assert schemes["apiKey"]["name"] == "X-API-KEY"


def test_document_describes_every_account_address(document):
    described = {address.rstrip("/?") for address in document["paths"]}

    assert {"/token", "/token/refresh", "/api/token", "/api/token/refresh"} <= described
    assert {"/api/hello", "/api/keys", "/api/password", "/api/session", "/api/ws-ticket"} <= described
