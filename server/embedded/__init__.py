"""The real services on the developer's own machine: PostgreSQL, Valkey and an S3 server out of wheels,
and a mailbox.

`Embedded` starts those that are asked for, keeps all they own in one state folder, and says under which
settings they are reached. It knows processes and files; what is stored in the services is not known here.

    with Embedded(Path(".dwelzo")) as environment:      # {"DATABASE_URL": …, "REDIS_URL": …, …}
        settings = load_settings(environment)
"""

from server.embedded.services import Service, ServiceFailed, not_given, outline
from server.embedded.session import Embedded, attach
from server.embedded.state import EmbeddedError, StateFolderInUse, StateFolderUnusable

__all__ = [
    "Embedded",
    "EmbeddedError",
    "Service",
    "ServiceFailed",
    "StateFolderInUse",
    "StateFolderUnusable",
    "attach",
    "not_given",
    "outline",
]
