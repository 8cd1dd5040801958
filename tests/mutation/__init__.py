"""Mutation testing of the mathematics: see README.md beside this file."""
