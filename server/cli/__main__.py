"""Lets `python server/cli` start the command line: puts the repository's root on the path, nothing else."""

import sys

sys.path[0] = __file__.rpartition("/server/cli/")[0]

try:
    from server.cli.app import main

    main()
except KeyboardInterrupt:
    sys.exit(130)
