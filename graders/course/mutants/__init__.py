"""Mutants: the solution with one thing wrong, as students get it wrong. The checks have to tell each from it."""

from graders.course.mutants.make import mutants
from graders.course.mutants.mutant import Mutant

__all__ = ["Mutant", "mutants"]
