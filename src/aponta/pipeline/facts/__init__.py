"""The facts of a batch: from the records of its files to the rows of every table that changes.

scope           what a batch does with which hours, and what became of them
blocks          touched hours that belong together, and their neighbours
neighbours      the hours and items next to the touched ones
placement       block, shift and production day of each hour of a file
planned_time    when machines are planned to work
running_totals  items from counters that only grow
item_rows       items in their order of time
state_timeline  the states that machines reported
surroundings    how far a change reaches
ideal_cycles    the ideal cycle of each product, hour by hour
build           every table that changes
"""
