"""Servers on this computer that answer as a test wants them to, also badly."""

import contextlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PHOTOS = {"cats/1.jpg": b"a cat " * 400, "dogs/1.jpg": b"a dog " * 400}


def packed(entries):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, value in entries.items():
            archive.writestr(name, value)
    return content.getvalue()


ARCHIVE = packed({**{f"photos/{name}": text for name, text in PHOTOS.items()}, "__MACOSX/x": b""})


class Handler(BaseHTTPRequestHandler):
    """Gives each request to the server's ``answer``, with itself as the argument."""

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        with contextlib.suppress(OSError):  # the client had enough
            self.server.answer(self)

    def give(self, body=b"", status=200, length=True, kind="application/zip", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        if length:
            self.send_header("Content-Length", str(len(body) if length is True else length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_):
        pass  # a client that refuses the certificate ends the connection


@contextlib.contextmanager
def serving(answer, tls=None):
    """Yield the server; ``url`` is its address, ``asked`` the requests so far."""
    server = Server(("127.0.0.1", 0), Handler)
    server.answer, server.asked, server.over = answer, [], threading.Event()
    server.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()


def names(folder):
    """Return every file and folder below, hidden ones too."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def contents(folder):
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
