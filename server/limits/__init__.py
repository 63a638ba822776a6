"""What one client may take, so that there is enough for all: how large a document may be, how often somebody
may ask, how many requests are worked on at once.

What an operation may cost is decided by the policy (server/policy.py), what a connection may hold by the
protocol (server/protocol/). docs/limits.md tells clients of all of them.
"""
