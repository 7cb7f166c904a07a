"""The terminal: options, output, confirmation, times, the browser and the sockets of pages."""
