"""Django with REST framework and SimpleJWT, as their documentation sets them up for rotating refresh tokens: project.py serves it.

Each refresh gives a new token and puts the old one on the blacklist of SimpleJWT's app token_blacklist, in the SQLite file
named by DATABASE. There is one user, whose name and password are in USERNAME and PASSWORD. It has what it needs and no more, for
it is to be measured: no middleware, no sessions, no admin; connections to the database stay open, and it writes ahead.
"""

import os
import sys
from datetime import timedelta

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"], "CONN_MAX_AGE": None}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "rest_framework_simplejwt.token_blacklist",
    ],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.environ["KEY"],
    SIMPLE_JWT={
        "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
        "REFRESH_TOKEN_LIFETIME": timedelta(days=1),
        "ROTATE_REFRESH_TOKENS": True,
        "BLACKLIST_AFTER_ROTATION": True,
    },
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView  # noqa: E402

urlpatterns = [
    path("token/", TokenObtainPairView.as_view()),
    path("token/refresh/", TokenRefreshView.as_view()),
]

application = get_wsgi_application()


def main():
    """Make the database, and become gunicorn with one worker."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode = WAL")  # stays with the file
    call_command("migrate", verbosity=0)
    User.objects.create_user(os.environ["USERNAME"], password=os.environ["PASSWORD"])
    connection.close()
    here = os.path.dirname(os.path.abspath(__file__))
    os.chdir(here)
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "--config", os.path.join(here, "gunicorn.conf.py"), "project:application"])


if __name__ == "__main__":
    main()
