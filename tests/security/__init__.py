"""Whole runs against people, repositories and models that mean harm."""
