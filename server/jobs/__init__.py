"""Jobs: what is to be done once a transaction has committed, and need not be done before the answer.

    async with session.transaction(actor):
        …
        await enqueue(session, "mail", {"letter": "verify_email", …})

A job lives and dies with the transaction that enqueued it. Once committed it is done at least once, by
whichever worker is there (`server/jobs/worker.py`); after too many failures it stays for an admin to look at.
Payloads are kept in the database and hold no secrets. Kinds of jobs are listed in `server/worker.py`.
"""

from server.jobs.queue import Job, State, discard_job, enqueue, find_job, list_jobs, retry_job

__all__ = ["Job", "State", "discard_job", "enqueue", "find_job", "list_jobs", "retry_job"]
