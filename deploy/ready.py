"""Exit status 0 if this container's web server is ready; asks it as the proxy in front would."""

import os
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit

site = urlsplit(os.environ["SITE_URL"])
server = HTTPConnection("127.0.0.1", 8000, timeout=5)
server.request("GET", "/readyz", headers={"Host": site.netloc, "X-Forwarded-Proto": site.scheme})
sys.exit(server.getresponse().status != 200)
