"""Was the tuning worth it, and how good are the plans? Scores, arms, statistics, leaks, and the report."""
