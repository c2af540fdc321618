"""How HttpLibrary speaks HTTP."""
