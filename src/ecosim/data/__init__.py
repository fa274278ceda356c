"""The observed counts: schema, validation, vintages, and the tables that the package carries."""
