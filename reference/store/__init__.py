"""The store of the reference platform: documents, sealed on a shared directory by processing workers under one main worker."""
