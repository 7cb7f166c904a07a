"""Values: products, qualities and states that no list has."""
