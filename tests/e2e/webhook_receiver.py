"""A web server that prints what is posted to it, one line each: "path type body".

The arguments are the statuses of its answers in turn, the last one again and again, and for https
"cert=FILE", with the certificate and its key. It prints its port first.
"""

import http.server
import ssl
import sys

arguments = sys.argv[1:]
certificate = next((a[5:] for a in arguments if a.startswith("cert=")), None)
statuses = [int(a) for a in arguments if not a.startswith("cert=")] or [200]


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        print(self.path, self.headers["Content-Type"], body.decode(), flush=True)
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        print(self.path, "GET", flush=True)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
if certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
print("port", server.server_address[1], flush=True)
server.serve_forever()
