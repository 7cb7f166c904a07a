"""HTTP of the pages: caching, live events, uploads, errors, formats, and the page of the API."""
