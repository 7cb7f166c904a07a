"""The pages, and the API behind them: whatever a page shows, the API gives.

context    what pages read from: the configuration as it is now, the published facts, the operational database, the time
page       what a page declares; one module in `pages` each
chart      what a chart declares; one module in `charts` each, served by `chart_routes`
action     what people do on pages: forms and POST requests
site       pages, API and live events as one web application
figures    numbers of a production day that several pages show
access     who is let in: guard, users, signing in, attempts, tokens of machines
http       how it travels: cache, live events, uploads, errors, formats, the page of the API
monitor    /health, /metrics, the state of the watcher, requests counted
print      pages of A4 as PDF
"""
