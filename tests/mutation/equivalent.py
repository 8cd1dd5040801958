"""The mutants that nobody can kill, each with the reason why the broken code computes the same.

Only what no input can tell apart belongs here; a mutant that no test happens to notice is a hole in
the tests. The tool refuses an entry that is killed, and one that is not made any more.
"""

EQUIVALENT: dict[str, str] = {}
