"""The settings: what is missing or wrong is named with its cure, all at once, and no secret is shown."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from server.config import ROOT, ConfigurationError, Settings, given, load_settings, state_folder, variables

Give = Callable[..., Settings]
COMPLETE = {
    "DATABASE_URL": "postgresql://reader:hunter2@db.internal/listings",
    "REDIS_URL": "redis://:hunter2@cache.internal:6379/0",
    "AWS_ACCESS_KEY_ID": "AKIA",
    "AWS_SECRET_ACCESS_KEY": "hunter2",
    "AWS_REGION": "eu-central-1",
    "S3_BUCKET_NAME": "photos",
    "SECRET_KEY": "k" * 32,
}


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def give(monkeypatch: pytest.MonkeyPatch) -> Give:
    def give(**values: str) -> Settings:
        for name, value in (COMPLETE | values).items():
            monkeypatch.setenv(name, value)
        return load_settings()

    return give


def problems() -> dict[str, str]:
    """Variable by variable, the sentence that is told about it."""
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    return {sentence.split()[0]: sentence for sentence in caught.value.problems}


def test_without_anything_every_required_variable_is_named_with_its_cure() -> None:
    assert sorted(problems()) == sorted(COMPLETE)
    assert problems()["DATABASE_URL"] == (
        "DATABASE_URL is not set; give the address as postgresql://USER:PASSWORD@HOST:5432/DATABASE."
    )


def test_what_is_not_given_follows_from_what_is(give: Give) -> None:
    settings = give()
    assert settings.database_direct_url == settings.database_url
    assert (settings.port, settings.page_size_max, settings.database_pool_size) == (8000, 100, 10)


def test_who_sends_letters_says_from_whom_and_where_their_links_lead(give: Give) -> None:
    assert (give().smtp, give().site) == (None, "http://localhost:8000")
    with pytest.raises(ConfigurationError):
        give(SMTP_URL="smtp://us:p%40ss@mail.example.com")
    assert problems() == {
        "MAIL_FROM": "MAIL_FROM is not set, but SMTP_URL is; give the sender of letters, such as "
        "Dwelzo <noreply@example.com>.",
        "SITE_URL": "SITE_URL is not set, but SMTP_URL is; give the address of the site to which links in "
        "letters lead, such as https://www.example.com.",
    }
    settings = give(MAIL_FROM="noreply@example.com", SITE_URL="https://www.example.com/")
    assert settings.smtp == ("mail.example.com", 587, "us", "p@ss", "starttls", None)
    assert settings.site == "https://www.example.com"
    assert "p@ss" not in repr(settings) and "p%40ss" not in repr(settings)
    assert give(SMTP_URL="smtps://mail.example.com").smtp == (
        "mail.example.com",
        465,
        None,
        None,
        "implicit",
        None,
    )


def test_redis_by_host_and_port(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    give()
    monkeypatch.delenv("REDIS_URL")
    monkeypatch.setenv("REDIS_HOST", "cache")
    assert load_settings().redis_url.get_secret_value() == "redis://cache:6379/0"
    monkeypatch.setenv("REDIS_PORT", "6380")
    assert load_settings().redis_url.get_secret_value() == "redis://cache:6380/0"
    monkeypatch.setenv("REDIS_PORT", "many")
    assert list(problems()) == ["REDIS_PORT"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "mysql://u:p@h/d", "DATABASE_URL is no PostgreSQL address; give the address as"),
        ("DATABASE_URL", "postgresql://u:p@h", "DATABASE_URL names no database; give the address as"),
        ("DATABASE_URL", "postgresql://h:x/d", "DATABASE_URL has a port that is no number"),
        ("DATABASE_DIRECT_URL", "h/d", "DATABASE_DIRECT_URL is no PostgreSQL address; give the address that"),
        ("DATABASE_POOL_SIZE", "0", "DATABASE_POOL_SIZE is '0', which is not valid; give the number of"),
        (
            "REDIS_URL",
            "http://cache",
            "REDIS_URL is no Redis or Valkey address; give the address as redis://",
        ),
        (
            "S3_BUCKET_NAME",
            "My Photos",
            "S3_BUCKET_NAME is 'My Photos', which is not valid; give the bucket's",
        ),
        ("S3_ENDPOINT_URL", "s3.internal", "S3_ENDPOINT_URL is no http(s) address; give the address of"),
        ("SECRET_KEY", "short", "SECRET_KEY has 5 characters, fewer than 32; give at least 32 random"),
        ("SMTP_URL", "mail.example.com", "SMTP_URL is no SMTP address; give the address as smtp://USER"),
        ("SMTP_URL", "smtp://h:x", "SMTP_URL has a port that is no number"),
        ("SMTP_URL", "smtp://u:hunter2@h?tls=none", "SMTP_URL would send a password without TLS; give"),
        ("SMTP_URL", "smtp://h?tls=perhaps", "SMTP_URL has an option tls that it cannot have; give"),
        ("SMTP_URL", "smtp://h?verify=no", "SMTP_URL has an option that is not known (verify); give"),
        ("MAIL_FROM", "nobody", "MAIL_FROM is no address of a sender; give the sender of letters, such as"),
        ("MAIL_FROM", "a@example.com\r\nBcc: b@example.com", "MAIL_FROM is no address of a sender; give the"),
        ("SITE_URL", "www.example.com", "SITE_URL is no http(s) address; give the address of the site"),
        ("JOBS_AT_ONCE_MAX", "1", "JOBS_AT_ONCE_MAX is '1', which is not valid; give how many jobs"),
        ("PORT", "eighty", "PORT is 'eighty', which is not valid; give a port number from 1 to 65535."),
        ("PORT", "65536", "PORT is '65536', which is not valid; give a port number from 1 to 65535."),
        ("PAGE_SIZE_MAX", "0", "PAGE_SIZE_MAX is '0', which is not valid; give the largest page"),
        ("COST_LIMIT", "-5", "COST_LIMIT is '-5', which is not valid; give the highest cost"),
        ("GRAPHIQL", "perhaps", "GRAPHIQL is 'perhaps', which is not valid; give true or false."),
        ("LOG_LEVEL", "loud", "LOG_LEVEL is 'LOUD', which is not valid; give one of DEBUG, INFO"),
    ],
)
def test_a_bad_value_is_named_with_its_cure(
    give: Give,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    sentence: str,
) -> None:
    give()
    monkeypatch.setenv(name, value)
    found = problems()
    assert list(found) == [name]
    assert found[name].startswith(sentence)


def test_secrets_are_never_shown(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "hunter2" not in repr(give())
    for name in ("DATABASE_URL", "REDIS_URL", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("DATABASE_URL", "mysql://u:hunter2@h/d")
    monkeypatch.setenv("REDIS_URL", "cache:hunter2")
    assert "hunter2" not in str(problems())


def test_an_empty_variable_counts_as_none(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    give(PORT="", S3_ENDPOINT_URL="")
    assert load_settings().port == 8000
    assert "PORT" not in given()


def test_the_file_is_read_and_the_environment_goes_before_it(give: Give, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9000\nLOG_LEVEL=debug\nDWELZO_HOME=elsewhere\nUNRELATED=1\n")
    assert give(PORT="9001").port == 9001
    assert load_settings().log_level == "DEBUG"
    assert state_folder() == load_settings().dwelzo_home == tmp_path / "elsewhere"
    assert given() == {*COMPLETE, "PORT", "LOG_LEVEL", "DWELZO_HOME"}


def test_services_of_ours_go_before_stray_variables_but_a_given_secret_key_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """AWS_… stand in many a developer's shell; they must not reach the embedded S3."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-the-shell")
    monkeypatch.setenv("SECRET_KEY", "given" * 8)
    settings = load_settings(COMPLETE)
    assert settings.aws_access_key_id == "AKIA"
    assert settings.secret_key.get_secret_value() == "given" * 8


def test_the_example_explains_exactly_the_variables_that_are_read() -> None:
    explained = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(explained) == sorted(variables())


def test_the_example_with_its_comments_taken_off_is_valid(tmp_path: Path) -> None:
    """What a reader would copy must pass our own checks, once the blanks are filled in."""
    text = re.sub(r"^#([A-Z][A-Z0-9_]+=)", r"\1", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    text = re.sub(
        r"^(AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|SECRET_KEY)=$", r"\1=" + "x" * 32, text, flags=re.M
    )
    (tmp_path / ".env").write_text(text)
    settings = load_settings()
    stated = {
        name: getattr(settings, name.lower()) for name in ("PORT", "PAGE_SIZE_MAX", "COST_LIMIT", "GRAPHIQL")
    }
    assert stated == {name: Settings.model_fields[name.lower()].default for name in stated}
