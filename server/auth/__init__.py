"""Who asks, and who they are: tokens, sealed texts."""
