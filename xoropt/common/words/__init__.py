"""Single words and numbers of arrays in compiled code."""
