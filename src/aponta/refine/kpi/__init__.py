"""Times and counts that KPIs are made of. Ratios are never stored: they are views."""
