"""What stands between the wire and the endpoints, around every answer of its kind.

    security.py     the headers that tell a browser what it may do with an answer
    cors.py         which web sites' pages may ask
    compression.py  gzip, for who takes it

/graphql goes past all that it does not need: without CORS_ORIGINS there is no cors.py, and a client that does
not ask for gzip pays for one look at its headers.
"""
