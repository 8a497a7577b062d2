"""Programs that open a mailed link before, or instead of, its reader."""

from http.client import HTTPConnection
from urllib.parse import urlsplit

AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SafeLinks/1.0",
    "BarracudaCentral/3.0 (link inspection)",
    "Mimecast-URL-Protect/2.1",
    "Proofpoint URL Defense",
    "Mozilla/5.0 (compatible; GoogleImageProxy)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.24.1 A",
]
PREFETCH = {"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender", "X-Moz": "prefetch"}
PATIENCE = 30


def look_at(url: str, agent: str, method: str) -> list[int]:
    """Ask for an address as this program would, with the redirect and its cookie."""
    statuses, cookie = [], ""
    while url:
        parts = urlsplit(url)
        connection = HTTPConnection(parts.netloc, timeout=PATIENCE)
        headers = {"User-Agent": agent, "Cookie": cookie, **PREFETCH}
        connection.request(method, parts.path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        statuses.append(answer.status)
        cookie = answer.headers.get("Set-Cookie", "").partition(";")[0]
        place = answer.headers.get("Location", "")
        url = place and f"http://{parts.netloc}{place}"
    return statuses
