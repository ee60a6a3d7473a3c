"""The WSGI application that granian serves."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import get_resolver  # noqa: E402

from config.collector import spare_what_stays  # noqa: E402

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - views, forms and services are loaded now, not by the first request
spare_what_stays()
