"""Django with SimpleJWT, for one request: simplejwt.py METHOD PATH BODY, with the Authorization header in AUTHORIZATION.

It has SimpleJWT's own views under the key in GATEHOUSE_SECRET_KEY, the settings in SIMPLE_JWT (a JSON object), and two
users: 1 is alice, who is active, 2 is bob, who is not. Their password is in PASSWORD. It prints the status and the body.
"""

import json
import os
import sys

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["testserver"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"]},
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.environ["GATEHOUSE_SECRET_KEY"],
    SIMPLE_JWT=json.loads(os.environ.get("SIMPLE_JWT") or "{}"),
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer  # noqa: E402
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView, TokenVerifyView  # noqa: E402


class NewerSerializer(TokenObtainPairSerializer):
    """Writes user_id as a string, as versions from 5.5 on do."""

    @classmethod
    def get_token(cls, user):
        token = super().get_token(user)
        token["user_id"] = str(user.pk)
        return token


class Me(APIView):
    """Is for whoever has a good access token."""

    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response({"id": request.user.pk, "username": request.user.username})


urlpatterns = [
    path("token/", TokenObtainPairView.as_view()),
    path("token/newer/", TokenObtainPairView.as_view(serializer_class=NewerSerializer)),
    path("token/refresh/", TokenRefreshView.as_view()),
    path("token/verify/", TokenVerifyView.as_view()),
    path("me/", Me.as_view()),
]


def main(method, where, body):
    with connection.schema_editor() as editor:
        editor.create_model(User)
    for pk, username in (1, "alice"), (2, "bob"):
        user = User(pk=pk, username=username, is_active=username == "alice")
        user.set_password(os.environ["PASSWORD"])
        user.save()
    headers = {}
    if "AUTHORIZATION" in os.environ:
        headers["HTTP_AUTHORIZATION"] = os.environ["AUTHORIZATION"]
    # An unhandled exception is a status of 500, as it would be in production.
    answer = APIClient(raise_request_exception=False).generic(method, where, body, "application/json", **headers)
    print(answer.status_code)
    print(answer.content.decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
