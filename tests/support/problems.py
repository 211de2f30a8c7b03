"""Problem documents of the HTTP edge (RFC 9457)."""


def problem_of(answer):
    """The body of an answer that is a problem, which nobody may keep."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["status"] == answer.status_code
    return answer.json()
