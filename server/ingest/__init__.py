"""Listings from elsewhere: imported from files, and generated.

    from server.ingest.importer import ImportReport, import_file
    report = await import_file(url, path, format="csv" | "reso-json", mapping=path_or_none,
                               rejects_path=path_or_none, on_progress=callable_or_none)
    report.read, .inserted, .updated, .unchanged, .rejected, .rejects_path, .ignored_fields, .exit_status

    from server.ingest.sample import load_sample        # the 932 listings of sample/ and what is around them
    report = await load_sample(url, on_progress=None)   # an ImportReport; a second run changes nothing

    from server.ingest.synthetic import generate        # as many as one likes, the same for the same seed
    made = await generate(url, 100_000, seed=1, on_progress=None)
    made.inserted, .unchanged, .media, .reviews, .open_houses

`url` is a PostgreSQL URL that asyncpg takes, of a direct connection (DATABASE_DIRECT_URL): temporary tables
do not survive a transaction pooler. `on_progress` gets a `Progress` (`done`, `total`, `unit`) now and then,
in the caller's event loop. An input that cannot be read at all raises
`server.ingest.rejects.UnusableInput`, whose text is a sentence for the user (exit status 2); a database
that is away raises what asyncpg raises.

Unlike the request path this room may name nouns. Its SQL is not in `sql/`: what loads a batch is put
together from the catalogue's columns and constraints (`staging.py`) and so cannot be a typed statement;
what asks the catalogue stands in `catalogue.sql`.
"""
