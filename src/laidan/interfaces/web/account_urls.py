"""The addresses of signing in, of one's own account and of the operation log."""

from __future__ import annotations

from django.urls import URLPattern, path

from laidan.interfaces.web.views import (
    operation_log,
    own,
    own_factor,
    own_keys,
    second_step,
    sign_in_rules,
    signing,
)

patterns: list[URLPattern] = [
    path("sign-in", signing.sign_in, name="sign-in"),
    path("sign-in/code", second_step.ask_code, name="sign-in-code"),
    path("sign-in/set-up", second_step.set_up, name="sign-in-set-up"),
    path("sign-out", signing.sign_out, name="sign-out"),
    path("me", own.show_profile, name="me"),
    path("me/theme", own.choose_theme, name="me-theme"),
    path("me/password", own.change_password, name="me-password"),
    path("me/two-factor", own_factor.show_factor, name="me-factor"),
    path("me/two-factor/set-up", own_factor.set_up, name="me-factor-set-up"),
    path("me/two-factor/codes", own_factor.renew_codes, name="me-factor-codes"),
    path("me/two-factor/off", own_factor.turn_off, name="me-factor-off"),
    path("me/sessions", own.show_sessions, name="me-sessions"),
    path("me/sessions/end", own.end_sessions, name="me-sessions-end"),
    path("me/keys", own_keys.show_keys, name="me-keys"),
    path("me/keys/revoke", own_keys.revoke_key, name="me-keys-revoke"),
    path("log", operation_log.show_log, name="log"),
    path("log.csv", operation_log.export_log, name="log-export"),
    path("log/seals", operation_log.show_seals, name="log-seals"),
    path("log/<uuid:entry_id>", operation_log.show_entry, name="log-entry"),
    path("settings/sign-in", sign_in_rules.show_rules, name="settings-sign-in"),
    path("settings/sign-in/unblock", sign_in_rules.unblock, name="settings-sign-in-unblock"),
    path("settings/sign-in/reset", sign_in_rules.reset_factor, name="settings-sign-in-reset"),
]
