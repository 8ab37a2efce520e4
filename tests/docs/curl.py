"""Stands in for curl where it is not installed: what the pages use of it, and no more."""

import argparse
import sys
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlencode


def main() -> None:
    """Send the one request that the arguments describe."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-u", dest="user")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="data")
    parser.add_argument("-i", dest="with_head", action="store_true")
    parser.add_argument("-G", dest="as_query", action="store_true")
    parser.add_argument("--data-urlencode", dest="items", action="append", default=[])
    parser.add_argument("-s", action="store_true")
    args = parser.parse_args()
    if args.as_query:
        args.url += "?" + urlencode([item.split("=", 1) for item in args.items])
    body = args.data.encode() if args.data else None
    if args.data and args.data.startswith("@"):
        body = Path(args.data[1:]).read_bytes()
    request = urllib.request.Request(args.url, body, method=args.method)
    if args.user:
        request.add_header("Authorization", "Basic " + b64encode(args.user.encode()).decode())
    for header in args.headers:
        request.add_header(*header.split(": ", 1))
    try:
        answer = urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        if args.with_head:
            print(f"HTTP/1.1 {answer.status} {answer.reason}")
            print("\n".join(f"{name}: {value}" for name, value in answer.headers.items()))
            print()
        print(answer.read().decode(), end="")
        print(f"status {answer.status}", file=sys.stderr)


if __name__ == "__main__":
    main()
