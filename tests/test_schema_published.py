"""/schema.graphql: the printed contract, to be fetched again only when it changed."""

from graphql import build_schema, print_schema

from server.config import ROOT
from tests.asking import Installation


async def test_the_contract_is_published_as_printed(sample: Installation) -> None:
    response = await sample.http.get("/schema.graphql")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text == (ROOT / "generated" / "schema.graphql").read_text()
    assert "type Property" in print_schema(build_schema(response.text))


async def test_it_is_what_introspection_says(sample: Installation) -> None:
    published = build_schema((await sample.http.get("/schema.graphql")).text)
    answer = await sample.ask("{ __schema { types { name fields { name } inputFields { name } } } }")
    for type_ in answer.data["__schema"]["types"]:
        known = published.type_map[type_["name"]]
        fields = type_["fields"] or type_["inputFields"] or []
        assert [field["name"] for field in fields] == list(getattr(known, "fields", {})), type_["name"]


async def test_it_is_not_sent_again_where_it_is_known(sample: Installation) -> None:
    etag = (await sample.http.get("/schema.graphql")).headers["etag"]
    for given in (etag, f'"other", {etag}', f"W/{etag}"):
        response = await sample.http.get("/schema.graphql", headers={"if-none-match": given})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == etag
    response = await sample.http.get("/schema.graphql", headers={"if-none-match": '"other"'})
    assert response.status_code == 200


async def test_it_is_only_read(sample: Installation) -> None:
    assert (await sample.http.post("/schema.graphql")).status_code == 405
