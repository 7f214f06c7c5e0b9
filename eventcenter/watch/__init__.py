"""The collecting side: one list+watch for the whole cluster or for a namespace, that goes on by itself.

`connection` is the way to the API server, `watcher` the loop; the rest are its parts.
"""
