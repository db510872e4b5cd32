"""Activities by themselves, on real adapters."""
