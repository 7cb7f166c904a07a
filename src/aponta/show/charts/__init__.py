"""One module for each chart: its rows, and the chart that Altair draws from them."""
