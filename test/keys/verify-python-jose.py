"""Checks tokens with python-jose: the key set's address, issuer and audience, then one token a line on standard input."""
import json
import sys
import urllib.request

from jose import JOSEError, jwt

url, issuer, audience = sys.argv[1:]
keys = json.load(urllib.request.urlopen(url))
for token in sys.stdin.read().split():
    try:
        jwt.decode(token, keys, algorithms=["ES256", "RS256"], issuer=issuer, audience=audience)
        print("good")
    except JOSEError as error:
        print(f"refused: {type(error).__name__}: {error}")
