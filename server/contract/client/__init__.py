"""What our generated client has beyond ariadne-codegen's own: enums and interfaces that stay open.

Runs in the code generator's environment, not in the server's.
"""
