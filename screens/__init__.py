"""What the screens of the annexe and of the prefecture share: one design system, the languages, web security.

`pages.setup(app, ...)` installs all of it on an aiohttp application: templates, static files, sessions, CSRF, headers,
rate limits, error pages and the access log. It knows nothing of accounts or requests; `edge.web` and `central.web` do.
"""
