"""What a workflow may ask of the world: one class per subject, one verb per method."""
