"""The statements of `sql/` as typed functions and sets, one module a file."""
