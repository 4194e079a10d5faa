"""FastAPI with one route twice: on one port for everybody, on another behind python-jose, the way its tutorial teaches
it; with Redis' address as argument, each token's id is looked up in a deny-list as well. Prints ports and tokens."""

import asyncio
import json
import secrets
import sys
import time
import uuid

import redis.asyncio as redis
import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import PlainTextResponse
from fastapi.security import OAuth2PasswordBearer
from jose import JWTError, jwt

REDIS_URL = sys.argv[1] if len(sys.argv) > 1 else None
TOKENS = 10_000
SECRET_KEY = secrets.token_urlsafe(32)
AUDIENCE = "http://127.0.0.1"

deny_list = redis.from_url(REDIS_URL) if REDIS_URL else None
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")


async def get_current_user(token: str = Depends(oauth2_scheme)) -> str:
    refused = HTTPException(status_code=401, detail="Could not validate credentials")
    try:
        claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"], audience=AUDIENCE)
    except JWTError:
        raise refused
    if deny_list is not None and await deny_list.exists(f"deny:{claims['jti']}"):
        raise refused
    return claims["sub"]


plain = FastAPI()
checked = FastAPI()


@plain.get("/item", response_class=PlainTextResponse)
async def item_for_everybody() -> str:
    return "hello"


@checked.get("/item", response_class=PlainTextResponse)
async def item_for_users(user: str = Depends(get_current_user)) -> str:
    return "hello"


def mint() -> str:
    now = int(time.time())
    claims = {
        "iss": AUDIENCE,
        "aud": AUDIENCE,
        "sub": str(uuid.uuid4()),
        "iat": now,
        "exp": now + 3600,
        "jti": str(uuid.uuid4()),
        "scope": "profile:read orders:read",
    }
    return jwt.encode(claims, SECRET_KEY, algorithm="HS256")


async def main() -> None:
    servers = [
        uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False))
        for app in (plain, checked)
    ]
    for server in servers:
        # A signal ends the process: by itself only the last of two servers would hear of it.
        server.install_signal_handlers = lambda: None
    serving = [asyncio.create_task(server.serve()) for server in servers]
    while not all(server.started for server in servers):
        await asyncio.sleep(0.05)
    ports = [server.servers[0].sockets[0].getsockname()[1] for server in servers]
    tokens = [mint() for _ in range(TOKENS)]
    print(json.dumps({"plain": ports[0], "checked": ports[1], "tokens": tokens}), flush=True)
    await asyncio.gather(*serving)


asyncio.run(main())
