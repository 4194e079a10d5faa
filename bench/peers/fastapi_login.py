"""FastAPI with passlib and python-jose, the way its tutorial teaches it: a form at /token, bcrypt, HS256. Prints how it is
asked. There is no limit of tries in it, and none in the tutorial."""

import asyncio
import json
import secrets
import sys
import time

import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import PlainTextResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from jose import JWTError, jwt
from passlib.context import CryptContext

ACCOUNTS = int(sys.argv[1])
PASSWORD = sys.argv[2]
SECRET_KEY = secrets.token_hex(32)

pwd_context = CryptContext(schemes=["bcrypt"], deprecated="auto")
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")
hashed = pwd_context.hash(PASSWORD)
users = {f"person{number}@example.com": hashed for number in range(ACCOUNTS)}
app = FastAPI()


def create_access_token(subject: str) -> str:
    return jwt.encode({"sub": subject, "exp": int(time.time()) + 900}, SECRET_KEY, algorithm="HS256")


async def get_current_user(token: str = Depends(oauth2_scheme)) -> str:
    try:
        return jwt.decode(token, SECRET_KEY, algorithms=["HS256"])["sub"]
    except JWTError:
        raise HTTPException(status_code=401, detail="Could not validate credentials")


@app.post("/token")
async def login(form_data: OAuth2PasswordRequestForm = Depends()) -> dict:
    stored = users.get(form_data.username)
    if stored is None or not pwd_context.verify(form_data.password, stored):
        raise HTTPException(status_code=401, detail="Incorrect username or password")
    return {"access_token": create_access_token(form_data.username), "token_type": "bearer"}


@app.get("/item", response_class=PlainTextResponse)
async def item(user: str = Depends(get_current_user)) -> str:
    return "hello"


async def main() -> None:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    told = {
        "port": server.servers[0].sockets[0].getsockname()[1],
        "signIn": {"path": "/token", "type": "form", "login": "username"},
        "checked": {
            "path": "/item",
            "headers": {"authorization": f"Bearer {create_access_token('person0@example.com')}"},
        },
    }
    print(json.dumps(told), flush=True)
    await serving


asyncio.run(main())
