"""A small issuer of OpenID Connect on loopback: real discovery, authorisation, token and keys; a test says what it gets wrong."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server

CLIENT, SECRET = "vermilion", "s3cret-of-the-client"


@dataclass
class Issuer:
    """`subject` is who is signed in there; `claims` go over those of the next token; `key` signs it."""

    url: str = ""
    subject: str = "u-1"
    claims: dict[str, Any] = field(default_factory=dict[str, Any])
    known: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}))
    key: Any = None
    asked: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    down: bool = False
    algorithm: str = "RS256"
    given: list[str] = field(default_factory=list[str])

    def forged(self, claims: dict[str, Any]) -> str:
        """Under another algorithm than the one that was told: none at all, or a hash keyed with what is publicly known."""

        def encoded(content: bytes) -> str:
            return base64.urlsafe_b64encode(content).decode().rstrip("=")

        head = json.dumps({"alg": self.algorithm, "kid": "k1"}).encode()
        text = f"{encoded(head)}.{encoded(json.dumps(claims).encode())}"
        mark = hmac.digest(self.known.as_pem(private=False), text.encode(), "sha256")
        return f"{text}." if self.algorithm == "none" else f"{text}.{encoded(mark)}"

    def app(self) -> Flask:
        app = Flask("issuer")

        @app.get("/.well-known/openid-configuration")
        def discovery() -> Any:
            ends = {name: f"{self.url}/{name}" for name in ("authorize", "token", "jwks")}
            return jsonify(
                issuer=self.url,
                authorization_endpoint=ends["authorize"],
                token_endpoint=ends["token"],
                jwks_uri=ends["jwks"],
                response_types_supported=["code"],
                subject_types_supported=["public"],
                id_token_signing_alg_values_supported=["RS256"],
            )

        @app.get("/authorize")
        def authorize() -> Any:
            asked = request.args.to_dict()
            assert asked["response_type"] == "code"
            assert asked["code_challenge_method"] == "S256"
            assert asked["nonce"]
            code = secrets.token_hex(16)
            self.asked[code] = asked
            return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

        @app.post("/token")
        def token() -> Any:
            if self.down:
                return "away", 503
            asked = self.asked.pop(request.form["code"], None)
            user = request.authorization
            digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
            proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            known = user is not None and (user.username, user.password) == (CLIENT, SECRET)
            if asked is None or not known or proof != asked["code_challenge"]:
                return jsonify(error="invalid_grant"), 400
            now = int(time.time())
            claims = {"iss": self.url, "sub": self.subject, "aud": CLIENT, "iat": now, "exp": now + 300}
            claims |= {"nonce": asked["nonce"], "email": "admin@example.cn", **self.claims}
            claims = {name: value for name, value in claims.items() if value is not None}
            signed = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.key or self.known)
            if self.algorithm != "RS256":
                signed = self.forged(claims)
            self.given = [secrets.token_hex(8), signed]
            return jsonify(access_token=self.given[0], token_type="Bearer", id_token=signed)

        @app.get("/jwks")
        def jwks() -> Any:
            return jsonify(keys=[self.known.as_dict(private=False)])

        return app


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@contextmanager
def issuing() -> Generator[Issuer]:
    issuer = Issuer()
    server = make_server("127.0.0.1", 0, issuer.app(), threaded=True, request_handler=_Silent)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
