"""Facts go to stock systems, each exactly once: declarations are prepared by comparison and posted by one driver.

outbox        the declarations: produced minus declared pieces of each machine, product, hour and quality
drain         the driver: looks up, marks as sent, posts, acknowledges
reconcile     compares the declarations with the stock system's documents, key by key
destinations  kinds of stock systems (sql, files, tryton, rest); another kind is another package with an `open_sink`
"""
