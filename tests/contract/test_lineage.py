"""Which output columns of a statement may hold something of a sensitive column: rather too many."""

import pytest

from server.contract.describe import is_sensitive, sounds_sensitive
from server.contract.lineage import columns_from

SOURCES = {"account": {"email", "birthday"}, "session": {"address"}}

# A statement, and those of its columns that hold something of an account's e-mail address or birthday, or of
# a session's address.
STATEMENTS = {
    "select id, email from account": {"email"},
    "select id, name from account": set(),
    "select email from agent": set(),
    "select a.id, lower(a.email) as contact, a.name from account a": {"contact"},
    "select lower(email) from account": {"lower"},
    "select coalesce(nullif(email, ''), name) as shown, name from account": {"shown"},
    "select case when public then email end as shown, public from account": {"shown"},
    "select name || ' <' || email || '>' as line, name from account": {"line"},
    "select inner_.mail as seen from (select email as mail from account) as inner_": {"seen"},
    "with a as (select id, email as mail from account) select id, mail as seen from a": {"seen"},
    "with a (id, mail) as (select id, email from account) select id, mail from a": {"id", "mail"},
    "select (select email from account a where a.id = r.author_id) as writer, r.id from review r": {"writer"},
    "select array_agg(email order by id) as all_of_them, count(*) as number from account": {"all_of_them"},
    "select to_jsonb(a) as whole, a.id from account a": {"whole"},
    "select row_to_json(account) as whole, id from account": {"whole"},
    "select id, name from agent union all select id, email from account": {"name"},
    "select id, email from account union select id, name from agent": {"email"},
    "select * from account": {"email", "birthday"},
    "select extract(year from birthday) as year, id from account": {"year"},
    "select s.address, a.name from session s join account a on a.id = s.account_id": {"address"},
    "select e as one from account, unnest(array[email]) as e": {"one"},
    "insert into account (email) values ($1) returning id, email": {"email"},
    "update account set email = $1 where id = $2 returning id": set(),
    "select name from account where email = $1": set(),
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_what_a_column_holds_is_found(statement: str) -> None:
    assert columns_from(statement, STATEMENTS[statement], SOURCES) == STATEMENTS[statement]


@pytest.mark.parametrize(
    ("statement", "harmless"),
    [
        ("select id, email from account", {"id"}),
        ("select id, name from account", {"id", "name"}),
        ("select a.id, lower(a.email) as contact, a.name from account a", {"id", "name"}),
        ("select (select email from account a where a.id = r.id) as writer, r.id from review r", {"id"}),
        ("select id, name from agent union all select id, email from account", {"id"}),
        ("update account set email = $1 where id = $2 returning id", {"id"}),
        ("select email from agent", {"email"}),
    ],
)
def test_what_holds_nothing_of_it_is_left_alone(statement: str, harmless: set[str]) -> None:
    assert columns_from(statement, harmless, SOURCES) == set()


SENSITIVE_NAMES = """
    email e_mail member_email email_address phone office_phone fax ip ip_address client_ip password token
    password_hash refresh_token token_hash secret note notes admin_note private_remarks birthday totp_secret
    recovery_codes
"""


@pytest.mark.parametrize("name", SENSITIVE_NAMES.split())
def test_a_name_that_tells_of_persons_or_lets_in_is_sensitive(name: str) -> None:
    assert sounds_sensitive(name)
    assert is_sensitive(name, "text", "")
    assert not is_sensitive(name, "boolean", "")


@pytest.mark.parametrize(
    "name", ["zip", "list_price", "description", "pool", "ship", "keynote_speaker", "hashed"]
)
def test_other_names_are_not(name: str) -> None:
    assert not sounds_sensitive(name)
    assert not is_sensitive(name, "text", "")
    assert is_sensitive(name, "text", "sensitive: it tells who was where")
    assert is_sensitive(name, "inet", "")
