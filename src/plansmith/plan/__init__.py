"""What is a brief, what is a plan? Types, text forms, checks and arithmetic; knows no files, models or archives."""
