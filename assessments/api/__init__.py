"""The REST API: the same page models, services and policy as the pages, asked by programs. Views never meet it.

``gate`` lets requests in, ``errors`` is the one form in which they are refused; ``payloads``, ``scorecards`` and ``work``
are what comes back; ``document`` and ``reference`` describe it. The other modules are the endpoints, by what they are about.
"""
