"""Where the contract meets the queries: one short module per noun, each with its `bindables`."""
