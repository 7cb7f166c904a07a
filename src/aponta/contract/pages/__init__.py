"""What the pages ask of the pipeline: published facts, the hours that have files, and the inbox for sent files."""
