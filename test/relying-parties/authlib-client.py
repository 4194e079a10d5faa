"""An application in Python that signs people in with Authlib, a line of JSON at a time."""

import json
import sys

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url


def hear():
    return json.loads(sys.stdin.readline())


def say(**line):
    print(json.dumps(line), flush=True)


def failure_of(work):
    try:
        work()
    except Exception as error:
        return type(error).__name__
    return None


given = hear()
issuer, redirect_uri, algorithm = given["issuer"], given["redirect_uri"], given["algorithm"]
verifier = generate_token(48)
nonce = generate_token(20)
session = OAuth2Session(
    given["client_id"],
    given["client_secret"],
    scope="openid email offline_access",
    redirect_uri=redirect_uri,
    token_endpoint_auth_method="client_secret_basic",
    code_challenge_method="S256",
)
session.trust_env = False
session.verify = given["certificate"]

metadata = OpenIDProviderMetadata(session.get(get_well_known_url(issuer, external=True), withhold_token=True).json())
metadata.validate()
if metadata["issuer"] != issuer:
    raise ValueError("another issuer")
url, state = session.create_authorization_url(
    metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
)
say(url=url)

answer = hear()["answer"]
token = session.fetch_token(
    metadata["token_endpoint"], authorization_response=answer, state=state, code_verifier=verifier
)
keys = JsonWebKey.import_key_set(session.get(metadata["jwks_uri"], withhold_token=True).json())


def claims_of(id_token, expected_nonce, audience=given["client_id"], algorithms=(algorithm,)):
    claims = JsonWebToken(list(algorithms)).decode(
        id_token,
        keys,
        claims_cls=CodeIDToken,
        claims_options={
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": audience},
        },
        claims_params={
            "nonce": expected_nonce,
            "client_id": audience,
            "access_token": session.token["access_token"],
        },
    )
    claims.validate(leeway=0)
    return claims


claims = claims_of(token["id_token"], nonce)
noes = {
    "nonce": failure_of(lambda: claims_of(token["id_token"], "another")),
    "audience": failure_of(lambda: claims_of(token["id_token"], nonce, audience="another")),
    "algorithm": failure_of(
        lambda: claims_of(token["id_token"], nonce, algorithms=[a for a in ("RS256", "ES256") if a != algorithm])
    ),
    "signature": failure_of(lambda: claims_of(token["id_token"][:-8] + "AAAAAAAA", nonce)),
}
info = session.get(metadata["userinfo_endpoint"]).json()
first = token["refresh_token"]
turned = session.refresh_token(metadata["token_endpoint"], refresh_token=first)
again = claims_of(turned["id_token"], None)
say(
    sub=claims["sub"],
    email=info["email"],
    turned=turned["refresh_token"] != first,
    sub_again=again["sub"],
    noes=noes,
    replay=failure_of(
        lambda: session.fetch_token(
            metadata["token_endpoint"], authorization_response=answer, state=state, code_verifier=verifier
        )
    ),
)
