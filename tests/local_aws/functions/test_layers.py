"""The layers of a function: the folder that is ``/opt`` on AWS."""

import json
import sys
from typing import Any

import pytest

from local_aws.functions import Functions

from .conftest import Lambda

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"


def answer(cloud: Lambda, event: object = None) -> Any:
    invocation = cloud.invoke(event)
    assert invocation.function_error is None, invocation.payload
    return json.loads(invocation.payload)


@pytest.mark.parametrize("folder", ["python", f"python/lib/{VERSION}/site-packages"])
def test_modules_of_a_layer(cloud: Lambda, folder: str) -> None:
    """A handler can import a layer's Python modules without any setting."""
    layer = cloud.layer({f"{folder}/greeting.py": "text = 'hello'"})
    cloud.deploy("import greeting\ndef handler(event, context):\n    return greeting.text\n", layers=(layer,))
    assert answer(cloud) == "hello"


def test_the_order_of_modules(cloud: Lambda) -> None:
    """The function's modules come first, then the layers', then those of the runtime."""
    layer = cloud.layer({"python/boto3.py": "", "python/both.py": "whose = 'layer'"})
    files = {
        "handler.py": "import boto3, both, sys\ndef handler(*_):\n    return [both.whose, boto3.__file__, sys.path]\n",
        "both.py": "whose = 'function'",
    }
    cloud.deploy(files, layers=(layer,))
    whose, boto3, path = answer(cloud)
    assert whose == "function"
    assert boto3.endswith("/opt/python/boto3.py")
    task, packages, modules, runtime = path[:4]
    opt = task.removesuffix("/task") + "/opt"
    assert [packages, modules] == [f"{opt}/python/lib/{VERSION}/site-packages", f"{opt}/python"]
    assert runtime.endswith("/runtime")


def test_a_function_that_says_where_to_look(cloud: Lambda) -> None:
    """A function that sets PYTHONPATH can import from no layer that it does not name there, as on AWS."""
    layer = cloud.layer({"python/plain.py": "", "vendor/named.py": ""})
    source = (
        "import importlib.util as util, os\n"
        "def handler(*_):\n"
        "    return [name for name in ('plain', 'named', 'boto3') if util.find_spec(name)]\n"
    )
    cloud.deploy(source, layers=(layer,), environment={"PYTHONPATH": "/opt/vendor"})
    assert answer(cloud) == ["named", "boto3"]


def test_path_files_of_a_layer(cloud: Lambda) -> None:
    """A .pth file adds its folder, as in any site-packages."""
    site = f"python/lib/{VERSION}/site-packages"
    layer = cloud.layer({f"{site}/more.pth": "more\n", f"{site}/more/found.py": ""})
    cloud.deploy("import found\ndef handler(*_):\n    return 1\n", layers=(layer,))
    assert answer(cloud) == 1


def test_later_layers_over_earlier_ones(cloud: Lambda) -> None:
    """Layers are unpacked in the function's order, so that a later one replaces files of an earlier one."""
    first = cloud.layer({"python/one.py": "whose = 1", "python/two.py": "whose = 1"})
    second = cloud.layer({"python/two.py": "whose = 2"})
    cloud.deploy(
        "import one, two\ndef handler(event, context):\n    return [one.whose, two.whose]\n", layers=(first, second)
    )
    assert answer(cloud) == [1, 2]


def test_programs_of_a_layer(small: Lambda) -> None:
    """Its bin folder is on the PATH, and its lib folder on the loader's."""
    layer = small.layer({"bin/greet": "#!/bin/sh\necho hello\n", "lib/libgreet.so": ""}, mode=0o100755)
    source = (
        "import os, subprocess\n"
        "def handler(event, context):\n"
        "    *_, libraries = os.environ['LD_LIBRARY_PATH'].split(':')\n"
        "    return [subprocess.check_output('greet', text=True), os.listdir(libraries)]\n"
    )
    small.deploy(source, layers=(layer,))
    assert answer(small) == ["hello\n", ["libgreet.so"]]


def test_a_layer_cannot_be_written_to(small: Lambda) -> None:
    """A handler cannot write to /opt, as it cannot write to the task root."""
    layer = small.layer({"python/mark.py": ""})
    source = (
        "import mark, os\n"
        "def handler(event, context):\n"
        "    return [os.stat(path).st_mode & 0o222 for path in (mark.__file__, os.path.dirname(mark.__file__))]\n"
    )
    small.deploy(source, layers=(layer,))
    assert answer(small) == [0, 0]


def test_another_layer_takes_effect_at_once(small: Lambda) -> None:
    """After a change of a function's layers, the next invocation uses the new ones."""
    source = "import which\ndef handler(event, context):\n    return which.one\n"
    layers = [small.layer({"python/which.py": f"one = {number}"}) for number in (1, 2)]

    async def both(functions: Functions) -> list[bytes]:
        payloads = []
        for layer in layers:
            small.deploy(source, layers=(layer,))
            payloads.append((await functions.invoke("pong", b"{}")).payload)
        return payloads

    assert small.run(both) == [b"1", b"2"]


def test_a_damaged_layer(small: Lambda) -> None:
    """A layer that is no zip is a function error, not an error of ours."""
    layer = small.layer({})
    small._layers[layer] = b"not a zip"
    small.deploy("def handler(*_): pass\n", layers=(layer,))
    assert json.loads(small.invoke().payload)["errorType"] == "InvalidZipFileException"
