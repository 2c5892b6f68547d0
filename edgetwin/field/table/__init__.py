"""A table as it stands in a CSV file, row by row. The verb `replay` reads it too."""
