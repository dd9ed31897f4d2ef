"""The addresses of users, roles and why somebody may what."""

from __future__ import annotations

from django.urls import URLPattern, path

from laidan.interfaces.web.views import explaining, roles, users

patterns: list[URLPattern] = [
    path("settings/users", users.show_users, name="users"),
    path("settings/users/-/new", users.add_user, name="user-new"),
    path("settings/users/<str:username>", users.edit_user, name="user"),
    path("settings/users/<str:username>/password", users.reset_password, name="user-password"),
    path("settings/users/<str:username>/switch", users.switch_user, name="user-switch"),
    path("settings/roles", roles.show_roles, name="roles"),
    path("settings/roles/-/new", roles.add_role, name="role-new"),
    path("settings/roles/<str:code>", roles.show_role, name="role"),
    path("settings/roles/<str:code>/delete", roles.drop_role, name="role-delete"),
    path("settings/access/explain", explaining.explain, name="access-explain"),
]
