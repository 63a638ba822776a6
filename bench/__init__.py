"""`./dwelzo bench`: what an answer costs, measured on the server as `./dwelzo up` runs it.

In the order of a run: `installation` (services, data, the server's process), `market` (what of the data is
asked for), `operations` (the documents), `load` (who asks), `measuring` (the rounds), `report`. Beside it,
`spec` hands the same server to an outside comparison, `profiling` says where its time goes.
"""
