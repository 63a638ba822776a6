"""The worker's composition root: settings in, a worker out that knows every kind of job."""

from generated.sql.account import FORGET_LINKS
from generated.sql.session import FORGET_SESSIONS
from server.auth.seals import Seals
from server.config import Settings
from server.jobs.worker import Kinds, Pace, Worker
from server.mail.letters import KIND as MAIL
from server.mail.posting import Post
from server.mail.writing import Writer


def create_worker(settings: Settings) -> Worker:
    """A worker of the kinds of jobs that these settings allow: jobs of others wait."""
    pace = Pace(at_once=settings.jobs_at_once_max, lost_after=settings.job_lost_seconds)
    return Worker(
        settings.database_direct_url.get_secret_value(),
        kinds(settings),
        pace,
        (FORGET_LINKS, FORGET_SESSIONS),
    )


def kinds(settings: Settings) -> Kinds:
    """What is done by whom."""
    if settings.smtp is None or settings.mail_from is None:
        return {}
    writer = Writer(Seals(settings.secrets), settings.mail_from, settings.site)
    return {MAIL: Post(writer, settings.smtp, settings.smtp_seconds_max).deliver}
