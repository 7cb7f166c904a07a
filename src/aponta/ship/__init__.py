"""Facts go out, exactly once: declarations are prepared by comparison, posted by one driver, kept by any stock system.

outbox    what is still to be said: made's pieces minus said's pieces, for each machine, product, hour and quality
key       what a declaration is called
units     pieces become boxes or kg; what does not fill one is carried
drain     the driver: look up, mark as sent, post, acknowledge
queue     what it takes, in its order, and what became of each
standing  what a person asks: what waits, what was refused and why
opening   a person's yes before the first posting; when a system that did not answer is asked again
decision  what a person decides about what was refused
reconcile key by key, what was said beside what stands there
pause     posting held during a manual count
http      asking a stock system over HTTP
sql, files, tryton, rest    kinds of destinations; another kind is another module with an `open_sink`
"""
