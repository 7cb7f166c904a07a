"""From text to rows: which rows are records, what headers and trailers say, how records follow each other."""
