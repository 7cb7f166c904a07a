"""One module per chart: what its rows are, and the chart that Altair makes of them."""
