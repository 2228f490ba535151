"""The include test fails on a tree with one forbidden arrow, and passes without it."""
import pathlib
import subprocess
import sys
import tempfile

TEST = pathlib.Path(__file__).with_name("includes_test.py")


def verdict(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return subprocess.run([sys.executable, TEST, folder], capture_output=True, text=True)


good = {
    "sdk/include/sonde/plugin.h": "#include <stdint.h>\n",
    "framework/base/result.hpp": "",
    "framework/model/task.hpp": '#include "base/result.hpp"\n',
    "plugins/ping/ping.cpp": '#include <sonde/plugin.h>\n#include "echo.hpp"\n',
    "plugins/ping/echo.hpp": "",
    "framework/hosting/library.hpp": "",
    "framework/programs/checker/main.cpp": '#include "hosting/library.hpp"\n',
}
bad = {
    "framework/base/loop.hpp": '#include "model/task.hpp"\n',
    "plugins/ping/bad.cpp": '#include "base/result.hpp"\n',
    "framework/model/web.hpp": "#include <boost/beast/http.hpp>\n",
    "framework/programs/agent/main.cpp": '#include "hosting/library.hpp"\n',
    "framework/model/gone.hpp": '#include "model/nothing.hpp"\n',
}
assert verdict(good).returncode == 0, verdict(good).stdout
for name, text in bad.items():
    result = verdict({**good, name: text})
    assert result.returncode == 1 and name in result.stdout, (name, result.stdout, result.stderr)
print(f"{len(bad)} forbidden arrows noticed")
