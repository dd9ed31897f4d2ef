"""The WSGI application: pages and every part of the API but the ordering lane."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laidan.config.settings")
application = get_wsgi_application()
