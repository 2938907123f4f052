"""What students get wrong: a file a family, each an operator from an object of the solution to edits of it."""
