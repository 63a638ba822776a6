"""REST under /api: what operators, and clients that are no GraphQL clients, need of every deployment.

    openapi.json  the contract, written first: addresses, parameters, answers, errors, and who may ask
    contract.py   what the server reads in it
    reading.py    parameters and bodies, by the schemas of the document
    endpoint.py   a request's way: viewer, roles, media type, place, rates, handler; every error a problem
    problems.py   an error as RFC 9457 writes it
    pages.py      lists, a page at a time
    health.py     whether the process answers, and whether what it needs does
    about.py      its limits, its version, the contract itself
    users.py      for admins: the accounts of others, and their sessions
    service_tokens.py  for admins: the tokens of other backends
    audit.py      for admins: the audit log
    jobs.py       for admins: jobs that wait, run or have failed

A route is an operation in openapi.json and, under its `operationId`, a handler in `create_rest`: where one of
them is missing the server does not start. What a handler may raise stands in server/errors.py. Answers are
compared with the document in the tests (tests/rest_contract.py), never while serving.
"""

from server.auth.authority import Authority
from server.config import Settings
from server.database import Database
from server.limits.admission import Admission
from server.limits.rates import Rates
from server.published import Published
from server.rest.about import about_document, about_limits, about_version
from server.rest.audit import AuditLog
from server.rest.contract import PATH, Contract
from server.rest.endpoint import Rest
from server.rest.health import Readiness, live
from server.rest.jobs import Jobs
from server.rest.service_tokens import IssuedTokens
from server.rest.users import Users


def create_rest(
    settings: Settings,
    database: Database,
    authority: Authority,
    schema: Published,
    readiness: Readiness,
    admission: Admission,
    rates: Rates | None,
) -> Rest:
    """The endpoints of the document. `schema` is the other contract, that of /graphql."""
    content = PATH.read_bytes()
    document = Published(content, "application/json")
    return Rest(
        Contract(content),
        {
            "live": live,
            "ready": readiness.ready,
            "limits": about_limits(settings),
            "version": about_version(schema, document),
            "document": about_document(document, public=settings.public_schema),
            **Users(database, authority.sessions).handlers,
            "auditEvents": AuditLog(database).find,
            **IssuedTokens(database, authority.service_tokens).handlers,
            **Jobs(database).handlers,
        },
        authority,
        admission,
        rates,
        settings.body_bytes_max,
    )
