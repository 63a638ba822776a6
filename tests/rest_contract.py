"""Compares requests and answers of REST with the OpenAPI document: whatever a test sends and gets under /api
goes through `Document.check`.
"""

import re
from typing import Any

import httpx
import jsonschema_rs
import orjson

from server.rest.contract import PATH

PROBLEM = "application/problem+json"


class Document:
    """The document, and what it allows."""

    def __init__(self, document: dict[str, Any] | None = None) -> None:
        self.json: dict[str, Any] = document or orjson.loads(PATH.read_bytes())

    def check(self, response: httpx.Response) -> httpx.Response:
        """The response, if the document allows it, and allows to ask for it."""
        request = response.request
        path, method = request.url.path, request.method
        item = self._item(path)
        if method == "OPTIONS" and item is not None:
            assert (response.status_code, response.content) == (204, b"")
            return response
        allowed = self._responses(item, "GET" if method == "HEAD" else method)
        if item is not None and response.status_code < 400:
            self._check_parameters(item.get(method.lower(), {}).get("parameters", []), request)
            self._check_body(item.get(method.lower(), {}).get("requestBody"), request)
        assert str(response.status_code) in allowed, f"{method} {path} does not answer {response.status_code}"
        expected = self._resolved(allowed[str(response.status_code)])
        for name, header in expected.get("headers", {}).items():
            assert name in response.headers or not header.get("required"), f"{path} lacks {name}"
            if name in response.headers:
                value: Any = response.headers[name]
                self.fit(header["schema"], int(value) if value.isdecimal() else value)
        content = expected.get("content")
        if content is None:
            assert response.content == b"", f"{path} has a body that nobody announced"
            return response
        media_type = response.headers["content-type"].partition(";")[0]
        assert media_type in content, f"{path} is {media_type}"
        if method != "HEAD":
            self.fit(content[media_type]["schema"], orjson.loads(response.content))
            if media_type == PROBLEM:
                assert response.json()["status"] == response.status_code
        return response

    def _item(self, path: str) -> dict[str, Any] | None:
        """The operations of a path, of which parts may be parameters."""
        for template, item in self.json["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                found: dict[str, Any] = item
                return found
        return None

    def _responses(self, item: dict[str, Any] | None, method: str) -> dict[str, Any]:
        """What may come. What is no operation is described once for all of them."""
        general = self.json["components"]["responses"]
        limited = {"429": general["RateLimited"]}
        if item is None:
            return {"404": general["NotFound"], **limited}
        operation = item.get(method.lower())
        if operation is not None:
            responses: dict[str, Any] = operation["responses"]
            return responses
        is_limited = all("429" in each["responses"] for each in item.values())
        return {"405": general["MethodNotAllowed"], **(limited if is_limited else {})}

    def _check_parameters(self, parameters: list[dict[str, Any]], request: httpx.Request) -> None:
        """What was taken is described."""
        known = [self._resolved(each) for each in parameters]
        declared = {each["name"]: each["schema"] for each in known if each["in"] == "query"}
        for name, value in request.url.params.items():
            assert name in declared, f"{request.url.path} takes no parameter {name}"
            is_number = self._resolved(declared[name]).get("type") == "integer"
            self.fit(declared[name], int(value) if is_number else value)

    def _check_body(self, body: dict[str, Any] | None, request: httpx.Request) -> None:
        if body is None:
            assert request.content == b"", f"{request.url.path} takes no body"
        else:
            self.fit(body["content"]["application/json"]["schema"], orjson.loads(request.content))

    def _resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in part:
            return part
        found = self.json
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found

    def fit(self, schema: dict[str, Any], value: Any) -> None:
        """Raises where a value is not what one of the document's schemas says."""
        # References begin at the root of the document.
        whole = {**schema, "components": self.json["components"]}
        jsonschema_rs.Draft202012Validator(whole).validate(value)
