"""How an operation is answered.

    plan.py       what an operation asks for: fields merged, fragments opened, one tree for each root field
    composed.py   a whole tree as one SQL statement, built of the hand-written ones, that answers with JSON
    answering.py  the plans that are known, and the answer, or word that graphql-core has to give it

What is neither column nor typed statement (introspection, `node`, `viewer`, mutations) is answered by
graphql-core, which is also the oracle: for every operation both give the same data.
"""
