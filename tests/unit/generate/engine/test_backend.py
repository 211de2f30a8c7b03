"""Which versions are taken, and that the types we work with are the library's."""

import inspect

import pytest

from services.common.errors import InvalidInput, ModelUnavailable
from services.generate.engine import nvidia
from services.generate.engine.backend import RTX_CAPABILITIES, Library, check_version, rtx_target
from services.generate.engine.spec import Backend


@pytest.mark.parametrize("version", ["10.14.1", "11.3.0.99", "12.0.0", "8.6.1", "odd"])
def test_versions_that_are_known_to_fail_are_refused(version):
    with pytest.raises(ModelUnavailable, match=version):
        check_version(Backend.TENSORRT, version)


@pytest.mark.parametrize("version", ["11.1.0", "11.4.0.106"])
def test_other_elevens_are_taken(version):
    check_version(Backend.TENSORRT, version)


def test_an_rtx_of_before_is_refused():
    with pytest.raises(ModelUnavailable, match=r"wanted is 1\.7"):
        check_version(Backend.TENSORRT_RTX, "1.6.1")


def test_a_library_that_is_not_here_is_said_in_our_words():
    with pytest.raises(ModelUnavailable, match="tensorrt is not installed here"):
        Library.open(Backend.TENSORRT)


@pytest.fixture(scope="module")
def rtx():
    pytest.importorskip("tensorrt_rtx", reason="its wheel is not made for this platform")
    return Library.open(Backend.TENSORRT_RTX)


def test_engines_of_rtx_are_for_capabilities(rtx):
    target = rtx_target(rtx)
    assert (target.compute_capabilities, target.gpu, target.version) == (RTX_CAPABILITIES, "", rtx.version)
    assert target.cuda.isdecimal()


@pytest.mark.parametrize("capability", ["7.5", "9.0"], ids=["turing", "hopper"])
def test_generations_that_rtx_fails_on_are_refused(rtx, capability):
    with pytest.raises(InvalidInput, match=f"nothing for compute capability {capability}"):
        rtx_target(rtx, ("8.6", capability))


#: Our protocols by the library's own names.
CLASSES = {
    nvidia.Network: "INetworkDefinition", nvidia.Parser: "OnnxParser", nvidia.Builder: "Builder",
    nvidia.BuilderConfig: "IBuilderConfig", nvidia.OptimizationProfile: "IOptimizationProfile",
    nvidia.ParserError: "ParserError", nvidia.Tensor: "ITensor",
}  # fmt: skip


def members(protocol):
    own = {name for name, _ in inspect.getmembers(protocol, callable) if not name.startswith("_")}
    return own | set(protocol.__annotations__) | {name for name in vars(protocol) if not name.startswith("_")}


@pytest.mark.parametrize("protocol", CLASSES, ids=lambda protocol: protocol.__name__)
def test_our_types_are_the_librarys(rtx, protocol):
    theirs = getattr(rtx.module, CLASSES[protocol])
    assert {name for name in members(protocol) if not hasattr(theirs, name)} == set()


def test_our_module_is_the_librarys(rtx):
    assert {name for name in members(nvidia.Module) if not hasattr(rtx.module, name)} == set()
