"""Schemathesis against a running console: nobody and each role, by docs/openapi.json.

    python api.py LEUKA SCHEMATHESIS DOCS/OPENAPI.JSON [EXAMPLES]

Starts a demonstration of its own on a free port. `cargo xtask api` does all of this.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request

LEUKA, SCHEMATHESIS, DESCRIPTION = sys.argv[1:4]
EXAMPLES = sys.argv[4] if len(sys.argv) > 4 else "25"
ROLES = ["engineer", "physician", "nurse", "lab", "instructor", "read_only"]
# The live channel is a WebSocket; signing out would end the session that the others need.
LEFT_OUT = ["/api/live", "/api/logout"]
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
]


def sign_in(url, login):
    body = json.dumps({"login": login, "password": "demo"}).encode()
    request = urllib.request.Request(f"{url}/api/login", body, {"content-type": "application/json", "origin": url})
    with urllib.request.urlopen(request) as answer:
        cookie = answer.headers["set-cookie"].split(";")[0]
        return {"Cookie": cookie, "x-csrf": json.load(answer)["csrf"]}


def main():
    with tempfile.TemporaryDirectory() as folder:
        command = [LEUKA, "serve", "--demo", "--listen", "127.0.0.1:0", "--data", folder]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        url = next(line.split()[1].rstrip("/") for line in server.stdout if line.startswith("Console"))
        try:
            people = {role: sign_in(url, role) for role in ROLES}
            failed = [who for who, headers in [*people.items(), ("nobody", {})] if not fits(url, who, headers)]
        finally:
            server.terminate()
            server.wait()
    if failed:
        sys.exit(f"the interface is not as it is described, for: {', '.join(failed)}")


def fits(url, who, headers):
    print(f"\n== {who}", flush=True)
    command = [SCHEMATHESIS, "run", DESCRIPTION, "--url", url, "--checks", ",".join(CHECKS)]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", "1"]
    command += ["--rate-limit", "150/s", "--suppress-health-check", "all", "--continue-on-failure", "--no-color"]
    for path in LEFT_OUT:
        command += ["--exclude-path", path]
    for name, value in {**headers, "Origin": url}.items():
        command += ["-H", f"{name}:{value}"]
    return subprocess.run(command, env={**os.environ, "NO_COLOR": "1"}, check=False).returncode == 0


main()
