"""The file that a machine's vendor is asked for: its specification, made of the layout, and grades of its files.

example        a file as the layout reads it
specification  places and formats of the values, and the requirements
grading        each machine's files, A to F
"""
