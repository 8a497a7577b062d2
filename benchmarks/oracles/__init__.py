"""Our rules on data sets that other programs come with, and that are not ours to keep here."""
