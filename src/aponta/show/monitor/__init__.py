"""The state of the service for people and monitoring: /health, /metrics, the watcher, requests counted."""
