"""Lets a process of a test take itself to be on another host, as one in a container is."""

import os
import socket

if name := os.environ.get("TEST_HOSTNAME"):
    socket.gethostname = lambda: name
