"""What a step definition means: its expressions, templates, forms and paths, and all that can be wrong with it."""
