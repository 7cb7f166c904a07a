"""Hours computed again without new files, since an input of their facts changed.

inputs       what facts rest on beside files, and where it changed
restatement  which hours are restated, in which batches
rebuild      how: from the items that are known
"""
