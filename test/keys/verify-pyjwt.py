"""Checks tokens with PyJWT: the key set's address, issuer and audience, then one token a line on standard input."""
import sys

import jwt

url, issuer, audience = sys.argv[1:]
client = jwt.PyJWKClient(url)
for token in sys.stdin.read().split():
    try:
        key = client.get_signing_key_from_jwt(token)
        jwt.decode(token, key.key, algorithms=["ES256", "RS256", "PS256", "EdDSA"], issuer=issuer, audience=audience)
        print("good")
    except jwt.PyJWTError as error:
        print(f"refused: {type(error).__name__}: {error}")
