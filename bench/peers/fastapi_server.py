"""FastAPI with one route twice: on one port for everybody, on another behind python-jose, the way its tutorial teaches
it; with Redis' address as argument, each token's id is looked up in a deny-list as well. Prints ports and tokens."""

import asyncio
import base64
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


def mint(key: str = SECRET_KEY, **own: object) -> str:
    now = int(time.time())
    claims = {
        "iss": AUDIENCE,
        "aud": AUDIENCE,
        "sub": str(uuid.uuid4()),
        "iat": now,
        "exp": now + 3600,
        "jti": str(uuid.uuid4()),
        "scope": "profile:read orders:read",
        **own,
    }
    return jwt.encode(claims, key, algorithm="HS256")


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def bad_tokens() -> dict[str, str]:
    """What every guard has to refuse."""
    now = int(time.time())
    header, payload, signature = mint().split(".")
    return {
        "no token": "",
        "alg none": f"{part({'alg': 'none', 'typ': 'JWT'})}.{payload}.",
        "no signature": f"{header}.{payload}.",
        "changed claims": f"{header}.{part({'sub': 'somebody else', 'aud': AUDIENCE, 'exp': now + 3600})}.{signature}",
        "another key": mint(secrets.token_urlsafe(32)),
        "expired": mint(iat=now - 7200, exp=now - 3600),
        "not valid yet": mint(iat=now + 3600, nbf=now + 3600, exp=now + 7200),
    }


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
    said = {"plain": ports[0], "checked": ports[1], "tokens": tokens, "bad": bad_tokens()}
    print(json.dumps(said), flush=True)
    await asyncio.gather(*serving)


asyncio.run(main())
