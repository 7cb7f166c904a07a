"""SQL that people write: `gate` lets one SELECT through, `query` answers it, `sandbox` ends it in time."""
