"""The engine for researchers: a file of ratings in, a file of trends out, no database.

    reading   rows of text into columns of numbers, with every problem named by its line
    ordering  rows of any order into treatments side by side
    judging   what the engine, or a rule of the literature, says of every row
    writing   that, in the order of the file, all or nothing

Five million rows have to fit into two gigabytes: columns instead of objects, and texts that are
needed again are read again.
"""
