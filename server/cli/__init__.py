"""The command line: one module per group of commands, none of which imports more than its help needs.

What a command does stands in the rooms it calls; here are its options, its words and its exit status.
"""
