"""The client's form: opened by a link, kept while it is typed, answered, changed."""
