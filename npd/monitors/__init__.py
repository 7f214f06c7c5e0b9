"""Watches over logs and plugins, by the rules of configuration files."""
