"""Broken pages, each with what a journey has to say of it."""
