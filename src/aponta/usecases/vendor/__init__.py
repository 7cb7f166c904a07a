"""What a machine's vendor is asked for: the specification of its file, made of the layout, and how its files keep it.

example        a file as the layout reads it
specification  what is written where, and what is asked
sheet          the specification as one page of A4, a PDF
grading        each machine's files, A to F
"""
