# SPDX-License-Identifier: BSL-1.0
"""The recipes for vcpkg and Conan, run with stand-ins for the tools themselves."""

import fnmatch
import importlib.util
import json
import py_compile
import shutil
import sys
import types

import steps
from steps import HERE, TOP, fail

PORT = TOP / "packaging/vcpkg/coauth"
RECIPE = TOP / "packaging/conan/conanfile.py"
COMPONENTS = ("boost_json", "compiled", "nlohmann_json", "openapi_yaml", "testing")


def check_manifest():
    manifest = json.loads((PORT / "vcpkg.json").read_text(encoding="utf-8"))
    if manifest["version"] != steps.version():
        fail(f"vcpkg.json says version {manifest['version']}, config.hpp says {steps.version()}")
    if manifest["supports"] != "linux":
        fail("vcpkg.json has to say: supports linux")
    if sorted(manifest["features"]) != [name.replace("_", "-") for name in COMPONENTS]:
        fail(f"the features of vcpkg.json are not the components: {sorted(manifest['features'])}")


def run_port(folder, compiler, features):
    """The tree that the port makes with these features."""
    steps.fresh(folder)
    steps.run("cmake", f"-DPORT_DIR={PORT}", f"-DROOT={folder}", f"-DCHOSEN={';'.join(features)}",
              f"-DCXX={compiler}", "-P", HERE / "vcpkg/stand_ins.cmake")
    return folder / "packages"


def check_layout(tree, features):
    """What vcpkg demands of a package, as its own checks after a build do."""
    found = steps.files_below(tree)
    for wanted in ("share/coauth/copyright", "share/coauth/usage", "share/coauth/coauthConfig.cmake",
                   "share/coauth/coauthConfigVersion.cmake", "include/coauth/coauth.hpp"):
        if wanted not in found:
            fail(f"the port does not install {wanted}")
    for path in sorted(found):
        if path.startswith(("debug/include", "debug/share")) or "lib/cmake" in path:
            fail(f"the port installs {path}, where vcpkg does not allow it")
    empty = [path for path in tree.rglob("*") if path.is_dir() and not any(path.iterdir())]
    if empty:
        fail(f"the port leaves empty folders: {empty}")
    archives = {path for path in found if path.endswith(".a")}
    if archives != ({"lib/libcoauth.a", "debug/lib/libcoauth.a"} if "compiled" in features else set()):
        fail(f"the port with the features {features} installs the libraries {sorted(archives)}")
    kit = "include/coauth/testing/api_server.hpp" in found
    if kit != ("testing" in features):
        fail(f"the kit has to be there with the feature testing only; features: {features}")
    steps.check_no_paths_of_this_machine(tree, tree.parent)


def vcpkg(work, compiler):
    check_manifest()
    check_layout(run_port(work / "headers", compiler, []), [])
    features = ["testing", "nlohmann-json", "compiled"]
    tree = run_port(work / "features", compiler, features)
    check_layout(tree, features)
    build = work / "consumer"
    source = HERE / "compiled"
    steps.configure(source, build, compiler, f"-DCMAKE_PREFIX_PATH={tree}")
    steps.run("cmake", "--build", build)
    steps.start(build / "consumer")


def copy(_, pattern, src, dst):
    """As conan.tools.files.copy: a star also stands for slashes."""
    for name in sorted(steps.files_below(src)):
        if fnmatch.fnmatch(name, pattern):
            (dst / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(src / name, dst / name)


def load_recipe():
    """The class of the recipe, with stand-ins for what it imports of Conan."""
    names = {"conan": {"ConanFile": object}, "conan.errors": {"ConanInvalidConfiguration": Exception},
             "conan.tools": {}, "conan.tools.build": {"check_min_cppstd": None},
             "conan.tools.cmake": dict.fromkeys(("CMake", "CMakeDeps", "CMakeToolchain", "cmake_layout")),
             "conan.tools.files": {"copy": copy}}
    for name, members in names.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)
    spec = importlib.util.spec_from_file_location("conanfile", RECIPE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def conan(work, compiler, prefix):
    """The recipe compiles, and the files that it exports are enough for the same installed tree."""
    steps.fresh(work)
    sys.dont_write_bytecode = True
    py_compile.compile(str(RECIPE), cfile=str(work / "conanfile.pyc"), doraise=True)
    module = load_recipe()
    recipe = module.CoauthConan()
    recipe.recipe_folder = str(RECIPE.parent)
    recipe.export_sources_folder = work / "sources"
    recipe.set_version()
    if recipe.version != steps.version():
        fail(f"the recipe says version {recipe.version}, config.hpp says {steps.version()}")
    for pattern in module.SOURCES:
        if not any(TOP.glob(pattern)):
            fail(f"the recipe exports {pattern}, which matches nothing")
    recipe.export_sources()
    exported = steps.files_below(recipe.export_sources_folder)
    print(f"the recipe exports {len(exported)} files")
    missing = {f"include/{name}" for name in steps.files_below(TOP / "include")} - exported
    if missing:
        fail(f"the recipe does not export {sorted(missing)[:3]}")
    steps.configure(recipe.export_sources_folder, work / "build", compiler, "-DCOAUTH_BUILD_TESTS=OFF",
                    "-DCOAUTH_BUILD_TOOLS=OFF")
    steps.run("cmake", "--install", work / "build", "--prefix", work / "prefix")
    lost = steps.files_below(prefix) - steps.files_below(work / "prefix")
    lost = {name for name in lost if "compiled" not in name and not name.endswith(".a")}
    if lost:
        fail(f"built from what the recipe exports, the package lacks {sorted(lost)[:3]}")
