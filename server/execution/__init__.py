"""How an operation is answered: the same as graphql-core would, faster.

    plan.py       what an operation asks for: fields merged, fragments opened, a level at a time
    plans.py      the plans that are known, and what of each is composed
    composed.py   a subtree as one SQL statement, built of the hand-written ones, that answers with JSON
    breadth.py    the rest: each field once for all objects of its place; the class in Ariadne's seam
    answering.py  the straight path of a query that is one statement, from plan to bytes
    explaining.py which of these answers what of an operation, and why: `./dwelzo explain`

graphql-core answers what breadth.py names, and is the oracle: for every operation all ways give the same.
"""
