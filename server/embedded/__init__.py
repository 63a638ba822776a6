"""The real services on the developer's own machine: PostgreSQL, Valkey and an S3 server out of wheels.

`Embedded` starts those that are asked for, keeps everything they own in one state folder, and says under
which settings they are reached. It knows processes and files; what is stored in the services is not known
here.

    with Embedded(Path(".dwelzo")) as environment:      # {"DATABASE_URL": …, "REDIS_URL": …, …}
        settings = load_settings(environment)
"""

from server.embedded.services import ServiceFailed
from server.embedded.session import Embedded, attach
from server.embedded.state import StateFolderInUse, StateFolderUnusable

__all__ = ["Embedded", "ServiceFailed", "StateFolderInUse", "StateFolderUnusable", "attach"]
