import hashlib
import io

from google.rpc import code_pb2
from PIL import Image

from tests.support.canned_service import PICTURE, Fault, rich_status


def jpeg(color):
    buffer = io.BytesIO()
    Image.new("RGB", (60, 80), color).save(buffer, "JPEG")
    return buffer.getvalue()


def test_photo_that_breaks_a_rule_ends_with_code_1(vitrine, address, photos, tmp_path):
    ran = vitrine("lint", photos / "cup.jpg", "-r", "amazon-main", "--address", address)
    assert ran.exit_code == 1
    assert "cup.jpg, amazon-main: does not pass, 1 of 1 rules broken" in ran.stdout
    assert "a product that takes 10%" in ran.stdout
    assert not (tmp_path / "out").exists()


def test_fix_writes_the_picture_and_ends_well(vitrine, address, photos, tmp_path):
    ran = vitrine("lint", photos / "cup.jpg", "-r", "amazon-main", "--fix", "--address", address)
    assert ran.exit_code == 0
    assert "with the fix passes" in ran.stdout
    assert (tmp_path / "out" / "cup-amazon-main.jpg").read_bytes() == PICTURE


def test_what_a_fix_can_not_mend_is_told_and_ends_with_code_1(vitrine, address, photos, service):
    service.unfixed = "the product is too small"
    ran = vitrine("lint", photos / "cup.jpg", "-r", "amazon-main", "--fix", "--address", address)
    assert ran.exit_code == 1
    assert "the product is too small" in ran.stdout


def test_every_photo_is_held_against_every_rule_set(vitrine, address, photos):
    ran = vitrine("lint", f"{photos}/*.jpg", "-r", "amazon-main", "-r", "ebay", "--fix", "--address", address, "--json")
    assert [(each["rules"], each["passed"], each["file"]) for each in ran.json] == [
        ("amazon-main", True, "out/cup-amazon-main.jpg"),
        ("ebay", True, "out/cup-ebay.jpg"),
        ("amazon-main", True, "out/shoe-amazon-main.jpg"),
        ("ebay", True, "out/shoe-ebay.jpg"),
    ]
    assert "content" not in ran.json[0]["answer"]["fix"]["image"]


def test_wishes_reach_the_service(vitrine, address, photos, service):
    vitrine(
        "lint", photos / "cup.jpg", "-r", "ebay", "--fix", "--format", "webp", "--exclude", "3,4",
        "--ghost-mannequin", "--address", address,
    )  # fmt: skip
    [request] = service.requests
    assert (request.fix, request.output.format) == (True, 3)
    assert request.selection.ghost_mannequin
    assert (request.selection.exclude_points[0].x, request.selection.exclude_points[0].y) == (3, 4)


def test_contact_sheet_shows_photos_beside_what_was_made_of_them(vitrine, address, photos, service, tmp_path):
    for photo in photos.iterdir():
        photo.write_bytes(jpeg("maroon"))
    service.picture = jpeg("teal")
    service.sha256 = hashlib.sha256(service.picture).hexdigest()
    vitrine("lint", f"{photos}/*.jpg", "-r", "ebay", "--fix", "--sheet", "--address", address)
    with Image.open(tmp_path / "out" / "contact_sheet_1.jpg") as sheet:
        colors = {color for _, color in sheet.convert("P", palette=Image.Palette.ADAPTIVE).convert("RGB").getcolors()}
    assert any(red > 90 > green for red, green, _ in colors)
    assert any(green > 90 > red for red, green, _ in colors)


def test_contact_sheet_has_photos_that_nothing_was_made_of_too(vitrine, address, photos, tmp_path):
    vitrine("lint", photos / "cup.jpg", "https://a.example/b.jpg", "-r", "ebay", "--sheet", "--address", address)
    with Image.open(tmp_path / "out" / "contact_sheet_1.jpg") as sheet:
        assert sheet.width > sheet.height


def test_rule_set_that_does_not_exist_fails_its_photo(vitrine, address, photos, service):
    service.faults.append(Fault(rich_status("NOT_FOUND", "there is no rule set 'x'", code=code_pb2.NOT_FOUND)))
    ran = vitrine("lint", photos / "cup.jpg", "-r", "x", "--address", address, "--json")
    assert ran.exit_code == 1
    assert ran.json[0]["error"]["code"] == "not_found"


def test_job_holds_photos_against_rules(vitrine, address, service):
    ran = vitrine(
        "jobs", "create", "https://a.example/a.jpg", "--lint", "amazon-main", "--fix", "--address", address
    )  # fmt: skip
    assert ran.exit_code == 0
    assert (service.requests[-1].lint.rule_set, service.requests[-1].lint.fix) == ("amazon-main", True)


def test_job_of_a_scene_and_rules_is_refused(vitrine, address):
    ran = vitrine("jobs", "create", "https://a.example/a.jpg", "--lint", "ebay", "-s", "marble", "--address", address)
    assert ran.exit_code == 2
    assert "name one of the three" in ran.stderr
