"""The web pages and the HTTP API: a Flask application over the ports."""
