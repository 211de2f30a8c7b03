import pytest

from services.storage.blobs import describe, media_type_of


@pytest.mark.parametrize(
    ("key", "media_type"),
    [
        ("a/b.jpg", "image/jpeg"), ("b.png", "image/png"), ("c.webp", "image/webp"),
        ("noextension", "application/octet-stream"), ("page.html", "application/octet-stream"),
        ("folder.png/file", "application/octet-stream"),
    ],
)  # fmt: skip
def test_media_type_follows_the_extension(key, media_type):
    assert media_type_of(key) == media_type


def test_bytes_that_are_no_image_have_no_size():
    stored = describe("a.png", b"not an image", "image/png")
    assert (stored.width, stored.height) == (0, 0)
