"""What people see: pages and the API behind them. What a page shows, the API gives.

context       what pages read from: the factory as it is now, its published facts, its operational database, the time
page       what a page declares; one module in `pages` each
site       the pages, the API and the live events as one web application
live       tells browsers that facts have changed
guard      who is answered, and what every answer carries
access     users, their passwords, the browsers they signed in with
attempts   how often a password may be tried
upload     files that machines send, by their tokens
parts, tokens   of which it is made
login      signing in and out
watcher    what every page says of the watcher
traffic    requests counted; mistakes of ours logged
failure    what cannot be answered, as an error of ours
health, metrics, reference   /health, /metrics, /api/docs
day        a production day of machines: when they should work, when they did, what stood
writing    numbers, times and names as the language writes them
"""
