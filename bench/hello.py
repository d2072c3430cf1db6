"""The floor of the pages: aiohttp as it comes, one route, one line. `python -m bench.hello PORT`."""

from __future__ import annotations

import sys

from aiohttp import web

from launcher.stage import HOST

GREETING = b'"hello, world"'


async def greet(_request: web.Request) -> web.Response:
    """Answer; in JSON, for what starts processes waits for JSON."""
    return web.Response(body=GREETING, content_type="application/json")


def main(port: int) -> None:
    """Serve until stopped."""
    app = web.Application()
    app.router.add_get("/", greet)
    web.run_app(app, host=HOST, port=port, access_log=None, print=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
