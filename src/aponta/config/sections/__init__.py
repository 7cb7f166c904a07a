"""Tables of aponta.toml that have files of their own: [[source]], and [stock] with the sections of its kinds."""
