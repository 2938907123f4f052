"""Is the course itself right? Each rule looks at a lab, or at what came of grading it, and names the defects."""
