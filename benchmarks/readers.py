"""Many who read at once, in a process of their own: each asks, takes the answer, thinks for a while, and asks again.

python -m benchmarks.readers PORT COUNT PAUSE PATH...; any line on standard input, and its end, ends them.
"""

import http.client
import json
import sys
import threading
import time


def read(port: int, path: str, pause: float, over: threading.Event, took: list[float]) -> None:
    """One reader."""
    while not over.is_set():
        began = time.monotonic()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", path)
            connection.getresponse().read()
            connection.close()
            took.append(time.monotonic() - began)
        except OSError:
            took.append(float("inf"))
        over.wait(pause)


def main(port: str, count: str, pause: str, *paths: str) -> None:
    """Read until nobody asks for it any more; then say how long each answer took."""
    over, took = threading.Event(), list[float]()
    readers = [
        threading.Thread(target=read, args=(int(port), paths[number % len(paths)], float(pause), over, took))
        for number in range(int(count))
    ]
    for reader in readers:
        reader.start()
    print(json.dumps(True), flush=True)
    sys.stdin.readline()
    over.set()
    for reader in readers:
        reader.join()
    print(json.dumps([each for each in took if each < 1e9] + [-1.0] * took.count(float("inf"))), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
