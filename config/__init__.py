"""Settings, addresses, the Celery application and the periodic table. Looks at assessments and scanners."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
