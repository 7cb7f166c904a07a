"""The outbox: declarations to stock systems, from their preparation until the stock system has them.

destination      a stock system with all that decides how production is declared to it
prepare          compares production with the declarations so far, adds the next revisions
units            pieces become boxes or kg; pieces that fill no unit are carried over
remap            declarations whose product was unknown, once products.csv has it
queue            the declarations that go next, and the outcome of each
reason           why a declaration was not acknowledged, as text in the database
status           counts, totals and entries for people
decision         a person's decision about rejected declarations
pause            posting stopped by a person
approval         a person's approval before the first posting
backoff          the wait after a stock system did not answer
closing_rules    whether the rules changed by which hours are declared
destination_row  the destination's row in the operational database
"""
