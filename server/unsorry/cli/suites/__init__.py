"""Suites of goals for `unsorry bench prove`: where they come from, how they are run, what is made of the results."""
