"""`labs release DIR`: the students' copy of the course, in which nothing gives an answer away."""

from graders.course.release.students_copy import release

__all__ = ["release"]
