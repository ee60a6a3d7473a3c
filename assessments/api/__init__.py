"""The REST API: the same page models, services and policy as the pages, asked by programs. Views never meet it.

``gate`` lets requests in, ``errors`` is the one form in which they are refused, ``payloads`` what comes back; the other
modules are the endpoints, by what they are about.
"""
