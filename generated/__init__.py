"""What follows from `schema/` and `sql/`. Made by `./dwelzo generate`; never edited."""
