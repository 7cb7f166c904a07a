"""Names of files and folders: machine, hour, and the pattern that finds them."""
