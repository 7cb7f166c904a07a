"""The file's name and path: another case, extension, hour or machine."""
