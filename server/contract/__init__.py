"""The proof that SDL, SQL, database, resolvers and clients agree; a build tool, never part of a request.

statements.py   reads sql/*.sql: header, comment, body, parameters
nullability.py  tells from a statement's parse tree which columns can be null
lineage.py      tells which columns of a statement hold something of given columns of tables
describe.py     prepares every statement on a real PostgreSQL: parameters, columns, enums, constraints
tree.py         one checkout as the checks see it: SDL, statements, resolvers, database
findings.py     a finding: file, line, what is wrong, the cure
rules/          the checks, one module per pair of rooms
access.py       writes who may what
generate.py     writes generated/
check.py        runs everything; `./dwelzo check`
"""
