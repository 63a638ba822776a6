"""Each rule fires: a copy of the checkout with one thing broken, and the finding with file, line and cure."""

from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest

from server.config import ROOT
from server.contract.check import (
    CHECKOUT_RULES,
    READING_RULES,
    TREE_RULES,
    check_generated,
    check_on,
    check_rules,
)
from server.contract.generate import expected_files, write
from server.contract.rules import name_of
from tests.contract.checkouts import edit, find, line_of

ALL_RULES = {*READING_RULES, *(name_of(rule) for rule in (*TREE_RULES, *CHECKOUT_RULES))}


class Case(NamedTuple):
    """An edit of a file (`old` to `new`), and the finding: its file, its line, what it says, its cure."""

    rule: str
    file: str
    old: str
    new: str
    path: str
    line: str
    message: str
    cure: str


PROPERTY, REVIEW, MEMBER = "schema/property.graphql", "schema/review.graphql", "schema/member.graphql"
ROOT_SDL, DIRECTIVES = "schema/root.graphql", "schema/directives.graphql"
USER = "schema/user.graphql"
REVIEW_MIGRATION = "sql/migrations/0006_media_open_house_review.sql"
SQL, REVIEW_SQL, USER_SQL = "sql/property.sql", "sql/review.sql", "sql/user.sql"
PY, REVIEW_PY, USER_PY = "resolvers/property.py", "resolvers/review.py", "resolvers/user.py"

CASES = [
    Case(
        "sdl-valid",
        REVIEW,
        "  author: User!",
        "  author: Author!",
        REVIEW,
        "author: Author!",
        "Unknown type",
        "Mend the SDL.",
    ),
    Case(
        "element-undescribed",
        REVIEW,
        '  "Who wrote it."\n',
        "",
        REVIEW,
        "author: User!",
        "Review.author has no description",
        "Say in a sentence what it means.",
    ),
    Case(
        "name-ambiguous",
        MEMBER,
        "memberNickname: String",
        "memberNickNAME: String",
        MEMBER,
        "memberNickNAME",
        "would come back from its column as memberNickName",
        "Call it memberNickName.",
    ),
    Case(
        "reso-name",
        PROPERTY,
        '  mlsStatus: String @reso(name: "MlsStatus")',
        '  mlsStatus: String @reso(name: "StatusOfMls")',
        PROPERTY,
        "mlsStatus: String",
        "Property.mlsStatus says that RESO calls it StatusOfMls",
        "Call it statusOfMls.",
    ),
    Case(
        "reso-type",
        MEMBER,
        '@node(prefix: "member") @reso(name: "Member")',
        '@node(prefix: "member")',
        MEMBER,
        "type Member implements Node",
        "Member has fields of RESO's (memberKey)",
        "Add @reso(name:).",
    ),
    Case(
        "directive-unimplemented",
        DIRECTIVES,
        "directive @public on FIELD_DEFINITION",
        'directive @public on FIELD_DEFINITION\n\n"Soon to go."\ndirective @sunset on FIELD_DEFINITION',
        DIRECTIVES,
        "directive @sunset",
        "nothing implements @sunset",
        "Implement it and list it in server/directives.py, or take it out.",
    ),
    Case(
        "mutation-without-policy",
        REVIEW,
        ' @auth(requires: USER) @cost(weight: "10")',
        ' @cost(weight: "10")',
        REVIEW,
        "createReview(",
        "createReview has neither @auth nor @public",
        "Give it exactly one of them.",
    ),
    Case(
        "auth-unknown",
        USER,
        "viewer: User @auth(requires: USER)",
        "viewer: User @auth(requires: BOSS)",
        USER,
        "viewer: User",
        "@auth of Query.viewer names BOSS, which there is not",
        "Name values of Role and Scope.",
    ),
    Case(
        "sensitive-unguarded",
        MEMBER,
        "memberEmail: String @public",
        "memberEmail: String",
        MEMBER,
        "memberEmail: String",
        "Member.memberEmail shows the sensitive column member_email of members_at_work to everybody",
        "Give the field, its type or what leads there @auth, or @public where that is meant.",
    ),
    Case(
        "public-needless",
        MEMBER,
        'jobTitle: String @reso(name: "JobTitle")',
        'jobTitle: String @public @reso(name: "JobTitle")',
        MEMBER,
        "jobTitle: String",
        "Member.jobTitle shows nothing that is sensitive",
        "Take its @public away.",
    ),
    Case(
        "list-unbounded",
        REVIEW,
        "[UserError!]! @listSize(assumedSize: 5)",
        "[UserError!]!",
        REVIEW,
        "userErrors",
        "the list CreateReviewPayload.userErrors has no bound",
        "Add @listSize",
    ),
    Case(
        "list-size-unknown",
        "schema/user.graphql",
        'sizedFields: ["edges", "nodes"]',
        'sizedFields: ["edges", "rows"]',
        "schema/user.graphql",
        "reviews(",
        "@listSize of User.reviews names `rows`, which there is not",
        "Correct its sizedFields.",
    ),
    Case(
        "page-shape",
        REVIEW,
        '  "The objects alone."\n  nodes: [Review!]!\n',
        "",
        REVIEW,
        "type ReviewConnection",
        "ReviewConnection.nodes is missing",
        "Give every page the same shape.",
    ),
    Case(
        "page-arguments",
        "schema/user.graphql",
        '    "How many from the end."\n    last: Int\n',
        "",
        "schema/user.graphql",
        "reviews(",
        "User.reviews does not take `last: Int`",
        "Give it the arguments of a page.",
    ),
    Case(
        "order-without-twin",
        REVIEW,
        '  "Best first."\n  RATING_DESC\n',
        "",
        REVIEW,
        "RATING_ASC",
        "ReviewOrder has RATING_ASC, but not RATING_DESC",
        "Add RATING_DESC.",
    ),
    Case(
        "range-shape",
        ROOT_SDL,
        '  "Less than."\n  lt: Decimal\n',
        "",
        ROOT_SDL,
        "input DecimalRange",
        "DecimalRange.lt is missing",
        "Give it eq, gt, gte, lt, lte, each Decimal.",
    ),
    Case(
        "payload-shape",
        REVIEW,
        "  review: Review\n",
        "  review: Review!\n",
        REVIEW,
        "review: Review!",
        "CreateReviewPayload.review cannot be null",
        "Take its `!` away.",
    ),
    Case(
        "node-shape",
        REVIEW,
        ' @node(prefix: "review")',
        "",
        REVIEW,
        "type Review implements Node",
        "Review lacks @node(prefix:)",
        "Add @node(prefix:)",
    ),
    Case(
        "type-unused",
        REVIEW,
        '"Number and average',
        '"Left over."\ninput Leftover {\n  "Nothing."\n  nothing: Int\n}\n\n"Number and average',
        REVIEW,
        "input Leftover",
        "nothing leads to Leftover",
        "Use it in a field, or take it out.",
    ),
    Case(
        "cache-unsaid",
        REVIEW,
        "type ReviewSummary @cacheControl(maxAge: 300) {",
        "type ReviewSummary {",
        REVIEW,
        "type ReviewSummary",
        "ReviewSummary does not say how long it may be kept",
        "Add @cacheControl.",
    ),
    Case(
        "cost-unsaid",
        REVIEW,
        ' @auth(requires: USER) @cost(weight: "10")',
        " @auth(requires: USER)",
        REVIEW,
        "createReview(",
        "Mutation.createReview does not say what it costs",
        "Add @cost(weight:).",
    ),
    Case(
        "statement-form",
        REVIEW_SQL,
        "-- name: insert_review :one",
        "-- name: insert_review :uno",
        REVIEW_SQL,
        "insert_review",
        "there is no kind :uno",
        "Use one of :one",
    ),
    Case(
        "statement-name",
        REVIEW_SQL,
        "-- name: insert_review :one",
        "-- name: reviews_public :one",
        REVIEW_SQL,
        "reviews_public :one",
        "the name is taken by sql/review.sql:",
        "Give one of them another name.",
    ),
    Case(
        "statement-prepares",
        USER_SQL,
        "where id = :viewer_id",
        "where identity = :viewer_id",
        USER_SQL,
        "where identity",
        'column "identity" does not exist',
        "Mend the statement, or add the migration that it needs.",
    ),
    Case(
        "column-twice",
        REVIEW_SQL,
        "r.id, r.rating, r.body,",
        "r.id, r.rating, r.rating, r.body,",
        REVIEW_SQL,
        "reviews_public",
        "the column rating is selected twice",
        "Drop or rename one.",
    ),
    Case(
        "unknown-mark",
        SQL,
        "-- not null: list_price",
        "-- not null: list_price, price",
        SQL,
        "properties_on_market",
        "marks price, which it does not select",
        "Drop the mark.",
    ),
    Case(
        "needless-mark",
        SQL,
        "-- not null: list_price",
        "-- not null: list_price, listing_key",
        SQL,
        "properties_on_market",
        "listing_key can never be null anyway",
        "Drop it from `-- not null:`.",
    ),
    Case(
        "set-form",
        REVIEW_SQL,
        "p.public_yn and p.internet_consumer_comment_yn;\n\n-- name: review_summary",
        "p.public_yn and r.author_id <> :viewer_id;\n\n-- name: review_summary",
        REVIEW_SQL,
        "reviews_public :set",
        "the set takes :viewer_id",
        "Make it a statement of another kind",
    ),
    Case(
        "batch-key",
        REVIEW_SQL,
        "where p.id = any(:property_id) and",
        "where p.id = :property_id and",
        REVIEW_SQL,
        "review_summary_of_properties",
        "the batch has no array parameter :property_id",
        "Write `= any(:property_id)`.",
    ),
    Case(
        "kind-without-rows",
        REVIEW_SQL,
        "\nreturning id;",
        ";",
        REVIEW_SQL,
        "insert_review :one",
        "is :one, but gives no columns",
        "Make its kind and what it returns agree.",
    ),
    Case(
        "column-unwritable",
        USER_SQL,
        "select id, display_name, email, original_entry_timestamp\n",
        "select id, display_name, email, original_entry_timestamp, cast('1 day' as interval) as age\n",
        USER_SQL,
        "viewer :one",
        "age is of the type interval",
        "Cast it",
    ),
    Case(
        "clock-unmarked",
        SQL,
        "-- clock: days_on_market\n",
        "",
        SQL,
        "properties_on_market",
        "the column days_on_market depends on the clock",
        "Say so: `-- clock: days_on_market`.",
    ),
    Case(
        "clock-needless",
        SQL,
        "-- clock: days_on_market",
        "-- clock: days_on_market, list_price",
        SQL,
        "properties_on_market",
        "list_price does not depend on the clock",
        "Drop it from `-- clock:`.",
    ),
    Case(
        "statement-type",
        REVIEW_SQL,
        ":set Review",
        ":set Critique",
        REVIEW_SQL,
        "reviews_public :set Critique",
        "returns Critique, which is no object type",
        "Name a type of schema/, or add it there.",
    ),
    Case(
        "enum-labels",
        MEMBER,
        '  "Photographer."\n  Photographer\n',
        "",
        MEMBER,
        "enum MemberType",
        "MemberType lacks Photographer, which member_type has",
        "Add Photographer.",
    ),
    Case(
        "field-without-column",
        REVIEW_SQL,
        "r.id, r.rating, r.body,",
        "r.id, r.rating,",
        REVIEW,
        "body: String!",
        "Review.body has no binding, and reviews_public (sql/review.sql:4) has no column body",
        "Select body there, or bind the field in resolvers/.",
    ),
    Case(
        "column-type",
        REVIEW_SQL,
        "r.id, r.rating, r.body,",
        "r.id, cast(r.rating as text) as rating, r.body,",
        REVIEW,
        "rating: Int!",
        "Review.rating is Int!, which reviews_public (sql/review.sql:4) gives as text",
        "Cast the column to int2 or int4",
    ),
    Case(
        "column-nullability",
        REVIEW,
        "  averageRating: Decimal\n",
        "  averageRating: Decimal!\n",
        REVIEW,
        "averageRating: Decimal!",
        "average_rating of review_summary_of_properties",
        "Let it be not null",
    ),
    Case(
        "order-column",
        REVIEW,
        '  "Best first."\n  RATING_DESC\n',
        '  "Best first."\n  RATING_DESC\n'
        '  "Shortest first."\n  WORDS_ASC\n  "Longest first."\n  WORDS_DESC\n',
        REVIEW,
        "WORDS_ASC",
        "ReviewOrder.WORDS_ASC sorts by words, which reviews_public",
        "Select words there, or take the order out.",
    ),
    Case(
        "filter-column",
        MEMBER,
        '  "Has this whole name."\n',
        '  "Is this old."\n  memberAge: IntRange\n  "Has this whole name."\n',
        MEMBER,
        "memberAge: IntRange",
        "MemberFilter.memberAge is no column of members_at_work",
        "Select member_age there, or give the search a rule in resolvers/.",
    ),
    Case(
        "binding-unknown",
        REVIEW_PY,
        'relation(review, "author", ',
        'relation(review, "writer", ',
        REVIEW_PY,
        'relation(review, "writer"',
        "binds Review.writer, which the contract does not have",
        "Correct the name, or add the field to schema/.",
    ),
    Case(
        "root-unbound",
        USER_PY,
        "bindables = [query, user, ",
        "bindables = [user, ",
        "schema/user.graphql",
        "viewer: User",
        "nothing resolves Query.viewer",
        "Bind it in resolvers/.",
    ),
    Case(
        "node-unbound",
        REVIEW_PY,
        ', Node("Review", reviews_public)]',
        "]",
        REVIEW,
        "type Review implements Node",
        "`node` does not find a Review",
        'Add `Node("Review", <set>)` to the bindables of its resolvers.',
    ),
    Case(
        "binding-column",
        REVIEW_PY,
        'key="author_id"',
        'key="writer_id"',
        REVIEW_PY,
        'relation(review, "author"',
        "Review.author starts from writer_id, which reviews_public does not select",
        "Select writer_id in sql/review.sql:4, or correct `key`.",
    ),
    Case(
        "binding-type",
        REVIEW_PY,
        'relation(review, "author", key="author_id", query=users_found)',
        'relation(review, "author", key="author_id", query=properties_on_market)',
        REVIEW_PY,
        'relation(review, "author"',
        "Review.author is User!, but its Relation gives Property of properties_on_market",
        "Bind it to a statement of its type",
    ),
    Case(
        "binding-argument",
        PROPERTY,
        '  property(\n    "The listing\'s `id`."\n    id: ID!\n  )',
        '  property(\n    "The listing\'s `id`."\n    id: ID!\n'
        '    "In which words."\n    language: String\n  )',
        PY,
        'lookup(query, "property"',
        "Query.property: language is read by nobody",
        "Make the binding and the field's arguments in schema/ agree.",
    ),
    Case(
        "resolver-signature",
        REVIEW_PY,
        "input: CreateReviewInput)",
        "input: dict[str, Any])",
        REVIEW_PY,
        "def resolve_create_review",
        "takes input as dict[str, Any]",
        "Write `input: CreateReviewInput`.",
    ),
    Case(
        "input-unread",
        REVIEW,
        '  body: String!\n}\n\n"What came',
        '  body: String!\n  "In a word."\n  title: String\n}\n\n"What came',
        REVIEW,
        "title: String",
        "resolve_create_review does not read CreateReviewInput.title",
        'Read `input["title"]` in resolvers/review.py, or take the field out.',
    ),
    Case(
        "ties-possible",
        PY,
        'order="ORDER_ASC", ties=False',
        'order="MEDIA_TYPE_ASC", ties=False',
        PY,
        "rows(",
        "Property.media: nothing keeps two rows of one property_id from the same media_type",
        "Take `ties=False` away, or make the two unique together.",
    ),
    Case(
        "below-elsewhere",
        "resolvers/user.py",
        "import ViewerRow, users_public",
        "import ViewerRow, users_found as users_public",
        USER_PY,
        'Node("User"',
        "reads users_found below Node, where nobody has asked whether its rows may be seen",
        "Use a set that asks, or read it below Review or Account.",
    ),
    Case(
        "own-rows-in-public",
        "schema/user.graphql",
        "viewer: User @auth(requires: USER)",
        "viewer: User",
        USER_PY,
        '@query.field("viewer")',
        "Query.viewer is public, but viewer takes :viewer_id",
        "Bind it to a public statement, or give the field @auth.",
    ),
    Case(
        "rule-unknown",
        PY,
        '"bounding_box": inside}',
        '"bounding_box": inside, "polygon": inside}',
        PY,
        'connection(query, "properties"',
        "Query.properties has a rule for polygon, which its filter does not have",
        "Add the field to the filter in schema/, or drop the rule.",
    ),
    Case(
        "constraint-unmapped",
        REVIEW_PY,
        '    "review_rating_range":',
        '    "review_rating_limits":',
        REVIEW_PY,
        "def resolve_create_review",
        "insert_review, which can break review_rating_range (rating), and says nothing about it",
        "Map it to what the writer is told, or to None where no writer gives the value.",
    ),
    Case(
        "constraint-unknown",
        REVIEW_PY,
        '    "review_rating_range":',
        '    "review_rating_limits":',
        REVIEW_PY,
        '"review_rating_limits"',
        "maps review_rating_limits, which is no constraint of what its mutations write (review)",
        "Correct the name, or drop it.",
    ),
    Case(
        "mutation-pattern",
        REVIEW_PY,
        "@written_at_once(CONSTRAINTS, nothing=NO_SUCH_PROPERTY)\n",
        "",
        REVIEW_PY,
        '@mutation.field("createReview")',
        "createReview does not run as a mutation: no transaction, no actor",
        "Decorate it with @mutation_payload(CONSTRAINTS), or @written_at_once for one statement.",
    ),
    Case(
        "user-error-unknown",
        REVIEW_PY,
        'UserError("rating", "OUT_OF_RANGE"',
        'UserError("rating", "TOO_HIGH"',
        REVIEW_PY,
        '"TOO_HIGH"',
        "gives the code TOO_HIGH, which UserErrorCode does not have",
        "Use one of its values, or add it to schema/.",
    ),
    Case(
        "user-error-unused",
        ROOT_SDL,
        '  "The number is too small or too large."\n  OUT_OF_RANGE\n',
        '  "The number is too small or too large."\n  OUT_OF_RANGE\n  "Too late."\n  TOO_LATE\n',
        ROOT_SDL,
        "TOO_LATE",
        "no resolver gives the code TOO_LATE",
        "Give it, or take it out.",
    ),
    Case(
        "column-unused",
        REVIEW,
        '  "The text."\n  body: String!\n  "When the review was written."',
        '  "When the review was written."',
        REVIEW_SQL,
        "reviews_public",
        "no field, key or rule uses its column body",
        "Add a field for it to schema/, or do not select it.",
    ),
    Case(
        "import-unknown",
        REVIEW_SQL,
        "-- name: insert_review :one",
        "-- name: add_review :one",
        REVIEW_PY,
        "InsertReviewRow, insert_review, reviews_public",
        "imports insert_review, which does not follow from sql/review.sql",
        "Add it to sql/review.sql, or do not import it.",
    ),
    Case(
        "statement-unused",
        REVIEW_SQL,
        "-- name: insert_review :one",
        "-- name: all_reviews :one\n-- All of them.\nselect count(*) as number from review;\n\n"
        "-- name: insert_review :one",
        REVIEW_SQL,
        "all_reviews",
        "nobody uses the statement",
        "Use it in resolvers/, or delete it.",
    ),
    Case(
        "start-refused",
        REVIEW_PY,
        "bindables = [mutation, create_review_payload, review, ",
        'bindables = [mutation, create_review_payload, review, ObjectType("Critique"), ',
        "schema",
        "",
        "The server would not start: Type Critique is not defined in the schema",
        "Mend it.",
    ),
    Case(
        "resolver-imports",
        REVIEW_PY,
        "from server.errors import Unauthenticated",
        "from server.errors import Unknown",
        REVIEW_PY,
        "import Unknown",
        "cannot import name 'Unknown'",
        "Mend the module.",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
async def test_the_rule_fires(case: Case, checkout: Path, migrated: asyncpg.Connection) -> None:
    edit(checkout, case.file, case.old, case.new)
    found = [finding for finding in await find(checkout, migrated) if finding.rule == case.rule]
    matching = [finding for finding in found if case.message in finding.message]
    assert matching, found
    finding = matching[0]
    assert finding.path == case.path
    assert case.cure in finding.cure
    if case.line:
        assert case.line in line_of(checkout, finding)
    assert str(finding).startswith(f"{finding.path}:{finding.line}: [{case.rule}] ")


async def test_this_checkout_has_no_findings(checkout: Path, migrated: asyncpg.Connection) -> None:
    assert await find(checkout, migrated) == []


async def test_several_findings_are_told_at_once(checkout: Path, migrated: asyncpg.Connection) -> None:
    edit(checkout, REVIEW, '  "Who wrote it."\n', "")
    edit(checkout, REVIEW_SQL, "r.id, r.rating, r.body,", "r.id, r.rating,")
    edit(checkout, REVIEW_PY, 'relation(review, "property", ', 'relation(review, "place", ')
    found = await find(checkout, migrated)
    assert {"element-undescribed", "field-without-column", "binding-unknown"} <= {f.rule for f in found}
    assert found == sorted(found)


# A field needs its line in the contract, and a column in the query or a binding in the resolvers.
TAKEN_OUT = {
    "schema": (
        (REVIEW, '  "The text."\n  body: String!\n  "When the review', '  "When the review'),
        "reviews_public: no field, key or rule uses its column body."
        " Add a field for it to schema/, or do not select it.",
    ),
    "sql": (
        (REVIEW_SQL, "r.id, r.rating, r.body,", "r.id, r.rating,"),
        "Review.body has no binding, and reviews_public (sql/review.sql:4) has no column body."
        " Select body there, or bind the field in resolvers/.",
    ),
    "resolvers": (
        (REVIEW_PY, 'relation(review, "author", key="author_id", query=users_found)\n', ""),
        "Review.author has no binding, and reviews_public (sql/review.sql:4) has no column author."
        " Select author there, or bind the field in resolvers/.",
    ),
}


@pytest.mark.parametrize("room", TAKEN_OUT)
async def test_a_field_taken_out_of_a_room_is_missed(
    room: str, checkout: Path, migrated: asyncpg.Connection
) -> None:
    taken, sentence = TAKEN_OUT[room]
    edit(checkout, *taken)
    assert sentence in {f"{finding.message} {finding.cure}" for finding in await find(checkout, migrated)}


@pytest.mark.parametrize(
    "path",
    ["schema/review.graphql", "sql/review.sql", "resolvers/review.py", "tests/test_review.py"],
)
async def test_a_noun_missing_in_a_room_is_named(
    path: str, checkout: Path, migrated: asyncpg.Connection
) -> None:
    (checkout / path).unlink()
    found = [finding for finding in await find(checkout, migrated) if finding.rule == "stem-missing"]
    if path.startswith("schema/"):
        # Without its SDL nothing else can be read.
        assert [f.rule for f in await find(checkout, migrated)] == ["sdl-valid"]
    else:
        assert [(f.path, f.cure) for f in found] == [(path, "Write it, or take the noun out of every room.")]


async def test_a_migration_that_does_not_apply_is_named(checkout: Path, services: dict[str, str]) -> None:
    path = REVIEW_MIGRATION
    edit(checkout, path, "rating integer not null", "rating integer never null")
    (finding,) = await check_on(services["DATABASE_DIRECT_URL"], checkout)
    assert (finding.path, finding.rule, finding.cure) == (path, "migration-applies", "Mend the file.")
    assert "rating integer never null" in line_of(checkout, finding)


@pytest.mark.parametrize(
    ("rule", "old", "new", "message", "cure"),
    [
        (
            "constraint-unnamed",
            "rating integer not null constraint review_rating_range check",
            "rating integer not null check",
            "the constraint review_rating_check does not say what it demands of rating",
            "Name it review_<column>_<rule>",
        ),
        (
            "column-unbounded",
            "body text not null constraint review_body_length check (has_length(body, 4000))",
            "body text not null",
            "review.body (text) takes any value",
            "Give it a named check.",
        ),
    ],
)
async def test_a_rule_of_the_database_fires(
    rule: str, old: str, new: str, message: str, cure: str, checkout: Path, services: dict[str, str]
) -> None:
    path = REVIEW_MIGRATION
    edit(checkout, path, old, new)
    found = [f for f in await check_on(services["DATABASE_DIRECT_URL"], checkout) if f.rule == rule]
    assert [finding.path for finding in found] == [path]
    assert message in found[0].message
    assert cure in found[0].cure
    assert new in line_of(checkout, found[0])


EMAIL = ("memberEmail: String @public", "memberEmail: String @auth(requires: AGENT)")
BY_EMAIL = (
    '  "Has this whole name."\n',
    '  "Is written to so."\n  memberEmail: [String!]\n  "Has this whole name."\n',
)
IN_ORDER = (
    '  "By whole name, A first."\n',
    '  "By address."\n  MEMBER_EMAIL_ASC\n  "Backwards."\n  MEMBER_EMAIL_DESC\n  "By whole name, A first."\n',
)
LOOKED_UP = ('query=members_at_work, on="id"', 'query=members_at_work, on="member_email"')


@pytest.mark.parametrize(
    ("edits", "messages"),
    [
        ([EMAIL], []),
        # Who may read a value of everybody may search by it.
        ([BY_EMAIL], []),
        ([EMAIL, BY_EMAIL], ["MemberFilter.memberEmail lets everybody search by member_email"]),
        (
            [EMAIL, (BY_EMAIL[0], BY_EMAIL[1].replace("[String!]", "[String!] @auth(requires: AGENT)"))],
            [],
        ),
        (
            [EMAIL, IN_ORDER],
            [
                f"MemberOrder.MEMBER_EMAIL_{way} lets everybody search by member_email"
                for way in ("ASC", "DESC")
            ],
        ),
        ([EMAIL, LOOKED_UP], ["Query.member(id:) lets everybody search by member_email"]),
        # A rule on the type, and one on all that leads there.
        (
            [
                ("memberEmail: String @public", "memberEmail: String"),
                ("type Member implements", "type Member @auth(requires: AGENT) implements"),
            ],
            [],
        ),
    ],
    ids=range(7),
)
async def test_what_is_sensitive_is_guarded_however_it_is_asked_for(
    edits: list[tuple[str, str]], messages: list[str], checkout: Path, migrated: asyncpg.Connection
) -> None:
    for old, new in edits:
        edit(checkout, "resolvers/member.py" if "query=" in old else MEMBER, old, new)
    found = [f.message for f in await find(checkout, migrated) if f.rule == "sensitive-unguarded"]
    assert [message.removesuffix(", which is sensitive.") for message in found] == messages


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        (
            "sensitive: people write what they would not say",
            ("sensitive-unguarded", REVIEW, "Review.body shows"),
        ),
        ("Sensitive: people write", ("column-comment", REVIEW_MIGRATION, "is 'Sensitive: people write'")),
        ("sensitive: ", ("column-comment", REVIEW_MIGRATION, "is 'sensitive: '")),
    ],
)
async def test_a_comment_makes_a_column_sensitive(
    comment: str, found: tuple[str, str, str], checkout: Path, services: dict[str, str]
) -> None:
    path = checkout / REVIEW_MIGRATION
    path.write_text(f"{path.read_text()}\ncomment on column review.body is '{comment}';\n")
    rule, where, message = found
    (finding,) = (f for f in await check_on(services["DATABASE_DIRECT_URL"], checkout) if f.rule == rule)
    assert finding.path == where
    assert message in finding.message
    assert "body" in line_of(checkout, finding)


async def test_a_gap_between_migrations_is_named(checkout: Path, services: dict[str, str]) -> None:
    (checkout / "sql/migrations/0003_office_member.sql").unlink()
    (finding,) = await check_on(services["DATABASE_DIRECT_URL"], checkout)
    assert finding.rule == "migration-applies"
    assert "0003 is missing before 0004_property.sql" in finding.message


async def test_stale_generated_files_are_named(checkout: Path, migrated: asyncpg.Connection) -> None:
    _, tree = await check_rules(checkout, migrated)
    assert tree is not None
    write(checkout, expected_files(tree))
    assert check_generated(tree, client=False) == []

    (checkout / "generated/types.py").write_text("")
    (checkout / "generated/sql/left_over.py").write_text("")
    edit(checkout, "generated/access.md", "| `Query.viewer` | | yes |", "| `Query.viewer` | yes | yes |")
    edit(checkout, "generated/sql/review.py", "rating: int\n    body: str", "rating: str\n    body: str")
    found = check_generated(tree, client=False)
    assert [finding.path for finding in found] == [
        "generated/access.md",
        "generated/sql/left_over.py",
        "generated/sql/review.py",
        "generated/types.py",
    ]
    assert {(finding.rule, finding.cure) for finding in found} == {
        ("generated-stale", "Run ./dwelzo generate.")
    }


def test_every_rule_has_a_case() -> None:
    tested_alone = {
        "stem-missing",
        "migration-applies",
        "generated-stale",
        "constraint-unnamed",
        "column-unbounded",
        "column-comment",
    }
    assert {case.rule for case in CASES} | tested_alone == ALL_RULES


def test_every_rule_is_documented_with_an_example() -> None:
    text = (ROOT / "docs/contract-check.md").read_text()
    documented = [line.removeprefix("### ") for line in text.splitlines() if line.startswith("### ")]
    assert sorted(documented) == sorted(ALL_RULES)
    for rule in ALL_RULES:
        section = text.split(f"### {rule}\n")[1].split("\n###")[0].split("\n## ")[0]
        assert f"[{rule}] " in section
