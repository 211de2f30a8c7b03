"""What a newcomer runs first, as a newcomer runs it: `vitrine demo` with a service of its own."""

import json
import os
import subprocess
import sys

import numpy as np
from PIL import Image

from services.cli.demo import MAX_SHEET_BYTES
from services.common.ports import is_free
from services.provenance.signer import THROWAWAY_GENERATOR
from tests.support.running_service import free_ports
from tests.support.signing import read_manifest


def test_demo_makes_its_pictures_and_leaves_nothing_running(tmp_path):
    ports = free_ports(3)
    names = ("VITRINE_HTTP__PORT", "VITRINE_GRPC__PORT", "VITRINE_RAY__METRICS_PORT")
    environment = os.environ | dict(zip(names, map(str, ports), strict=True))
    command = [sys.executable, "-m", "services.cli", "demo", "--scene", "white", "--out", str(tmp_path), "--json"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert ran.returncode == 0, ran.stderr
    cutout, shot = json.loads(ran.stdout)
    assert (cutout["name"], shot["name"]) == ("cutout", "white")
    assert shot["answer"]["preservation"]["identical"]
    assert (tmp_path / "contact_sheet.jpg").stat().st_size < MAX_SHEET_BYTES
    picture = np.asarray(Image.open(tmp_path / "white.jpg"))
    assert picture[0].min() == 255
    manifest = read_manifest((tmp_path / "white.jpg").read_bytes(), "image/jpeg")
    assert manifest["claim_generator_info"][0]["name"] == THROWAWAY_GENERATOR
    assert np.ptp(picture[picture.shape[0] // 2]) > 200
    assert all(is_free("", port) for port in ports)
