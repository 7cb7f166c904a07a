"""The pipeline as the pages see it: published facts, the hours that have files, and the inbox for sent files."""
