#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Takes the library in one of the ways that docs/taking-it.md tells of, builds main.cpp and runs it.

run.py <way> <work folder> [<compiler>]

`install` comes first: the others use the tree that it leaves in <work folder>/prefix. A way whose tool
is missing ends with 77, skipped; with CI set in the environment it fails."""

import os
import shutil
import sys
from pathlib import Path

import recipes
import steps
from steps import FLAGS, HERE, TOP, fail, fresh, run


class Place:
    """Where this run works, and with what."""

    def __init__(self, way, work, compiler):
        self.work = work
        self.build = work / way
        self.prefix = work / "prefix"
        self.compiler = compiler

    def cmake(self, source, *definitions):
        fresh(self.build)
        steps.configure(HERE / source, self.build, self.compiler, f"-DCMAKE_PREFIX_PATH={self.prefix}",
                        f"-DCOAUTH_SOURCE={TOP}", *definitions)
        run("cmake", "--build", self.build)
        steps.start(self.build / "consumer")

    def compile(self, *arguments):
        launcher = ["ccache"] if shutil.which("ccache") else []
        run(*launcher, self.compiler, "-std=c++20", *FLAGS, "-c", HERE / "main.cpp", "-o", self.build / "main.o",
            *arguments)

    def link(self, *libraries):
        run(self.compiler, self.build / "main.o", "-o", self.build / "consumer", *libraries)
        steps.start(self.build / "consumer")


def install(place):
    """Into one folder, and from there to another, to see that an installed tree may be moved."""
    fresh(place.build)
    staged = place.work / "staged"
    steps.configure(TOP, place.build, place.compiler, "-DCOAUTH_BUILD_TESTS=OFF",
                    "-DCOAUTH_BUILD_TOOLS=OFF", "-DCOAUTH_BUILD_COMPILED=ON",
                    f"-DCMAKE_INSTALL_PREFIX={fresh(staged)}", "-DCMAKE_INSTALL_LIBDIR=lib",
                    "-DCMAKE_CXX_FLAGS=-O0 -g1")  # debug information must not name a folder either
    run("cmake", "--build", place.build)
    run("cmake", "--install", place.build)
    shutil.rmtree(place.prefix, ignore_errors=True)
    staged.rename(place.prefix)
    steps.check_no_paths_of_this_machine(place.prefix, place.work)
    print(f"{len(steps.files_below(place.prefix))} files installed")


def find_package(place):
    place.cmake("find_package")


def compiled(place):
    place.cmake("compiled")


def components(place):
    fresh(place.build)

    def expect(text, *definitions, prefix=place.prefix):
        printed = steps.configure(HERE / "components", place.build / "build", place.compiler, *definitions,
                                  f"-Dcoauth_DIR={prefix}/lib/cmake/coauth", may_fail=True)
        if text not in " ".join(printed.split()):
            print(printed)
            fail(f"expected to read: {text}")

    expect('there is no component "cups" (there are: compiled, testing, nlohmann_json, boost_json, openapi_yaml)',
           "-DHOW=REQUIRED", "-DNEEDED=testing;cups", "-DWANTED=")
    expect('Reason given by package: there is no component "cups"', "-DHOW=", "-DNEEDED=cups", "-DWANTED=")
    expect('package: 0 -- cups: FALSE', "-DHOW=QUIET", "-DNEEDED=cups", "-DWANTED=")
    expect('coauth: there is no component "cups"', "-DHOW=REQUIRED", "-DNEEDED=testing", "-DWANTED=cups")
    expect("package: 1 -- testing: TRUE -- cups: FALSE", "-DHOW=QUIET", "-DNEEDED=testing", "-DWANTED=cups")
    partial = place.build / "partial"
    shutil.copytree(place.prefix, partial)
    (partial / "lib/cmake/coauth/coauth-testing-targets.cmake").unlink()
    expect('component "testing" is not part of this installed copy', "-DHOW=REQUIRED", "-DNEEDED=testing",
           "-DWANTED=", prefix=partial)
    adapters(place, expect)


def adapters(place, expect):
    expect('component "nlohmann_json" needs find_package(nlohmann_json 3), which finds nothing', "-DHOW=REQUIRED",
           "-DNEEDED=nlohmann_json", "-DWANTED=", "-DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON")
    expect("package: 1 -- nlohmann_json: TRUE", "-DHOW=REQUIRED", "-DNEEDED=nlohmann_json", "-DWANTED=boost_json",
           "-DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=OFF")
    run("cmake", "--build", place.build / "build")


def subdirectory(place):
    place.cmake("subdirectory")


def two_units(place):
    place.cmake("two_units")


def meson_project(place, *options):
    """main.cpp belongs to all ways, and Meson wants sources inside of the project."""
    shutil.copytree(HERE / "meson", place.build / "source")
    shutil.copyfile(HERE / "main.cpp", place.build / "source/main.cpp")
    return [place.build / "build", place.build / "source", "--buildtype=plain", *options]


def meson_environment(place, **more):
    return dict(more, CXX=str(place.compiler))


def meson(place):
    """Installed by Meson, taken through its package file."""
    steps.need("meson", "meson")
    steps.need("pkg-config", "pkgconf")
    fresh(place.build)
    staged, prefix = place.build / "staged", place.build / "prefix"
    run("meson", "setup", place.build / "library", TOP, f"--prefix={staged}", "--libdir=lib",
        "-Dcoauth_build_tests=false", env=meson_environment(place))
    run("meson", "install", "-C", place.build / "library")
    staged.rename(prefix)
    steps.check_no_paths_of_this_machine(prefix, place.work)
    headers = {name for name in steps.files_below(place.prefix) if name.startswith("include/")}
    if headers - steps.files_below(prefix):
        fail("Meson does not install all headers that CMake installs")
    run("meson", "setup", *meson_project(place),
        env=meson_environment(place, PKG_CONFIG_PATH=str(prefix / "lib/pkgconfig")))
    run("meson", "compile", "-C", place.build / "build")
    steps.start(place.build / "build/consumer")


def meson_wrap(place):
    """As a subproject, with Asio as one too. The folder that the wrap would download is a link to the
    headers of this machine; that the build files are put into it and used is Meson's own doing."""
    steps.need("meson", "meson")
    steps.need("/usr/include/asio.hpp", "libasio-dev")
    fresh(place.build)
    arguments = meson_project(place, "--wrap-mode=nodownload", "--force-fallback-for=coauth,asio")
    subprojects = place.build / "source/subprojects"
    subprojects.mkdir()
    library = subprojects / "coauth"
    for name in ("LICENSE", "meson.build", "meson_options.txt", "include", "subprojects"):
        (shutil.copytree if (TOP / name).is_dir() else shutil.copyfile)(TOP / name, fresh_parent(library / name))
    wrap = (library / "subprojects/asio.wrap").read_text(encoding="utf-8")
    unpacked = dict(line.split(" = ") for line in wrap.splitlines() if " = " in line)["directory"]
    asio = subprojects / unpacked
    shutil.copytree(library / "subprojects/packagefiles/asio", asio)
    (asio / "asio/include").mkdir(parents=True)
    for name in ("asio", "asio.hpp"):
        (asio / "asio/include" / name).symlink_to(Path("/usr/include") / name)
    printed = run("meson", "setup", *arguments, env=meson_environment(place, PKG_CONFIG_PATH=""))
    if f"Dependency asio from subproject subprojects/{unpacked} found: YES" not in " ".join(printed.split()):
        print(printed)
        fail("Asio does not come from its wrap")
    run("meson", "compile", "-C", place.build / "build")
    steps.start(place.build / "build/consumer")


def fresh_parent(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def pkg_config(place):
    steps.need("pkg-config", "pkgconf")
    fresh(place.build)
    env = {"PKG_CONFIG_PATH": str(place.prefix / "lib/pkgconfig")}
    if run("pkg-config", "--modversion", "coauth", env=env).strip() != steps.version():
        fail("coauth.pc has another version than config.hpp")
    if "-lcoauth" not in run("pkg-config", "--libs", "coauth-compiled", env=env):
        fail("coauth-compiled.pc does not name the library")
    place.compile(*run("pkg-config", "--cflags", "coauth", env=env).split())
    place.link(*run("pkg-config", "--libs", "coauth", env=env).split())


def single_header(place):
    fresh(place.build)
    tool = [sys.executable, TOP / "tools/single_header.py", "--testing"]
    run(*tool, place.build / "coauth.hpp")
    run(*tool, place.build / "again.hpp", cwd=place.build)
    text = (place.build / "coauth.hpp").read_text(encoding="utf-8")
    if text != (place.build / "again.hpp").read_text(encoding="utf-8"):
        fail("the single header is not the same every time")
    if "#include <coauth/" in text:
        fail("the single header includes a header of the folder")
    if '#include "' in text or str(TOP) in text:
        fail("the single header holds a path")
    place.compile("-DCONSUMER_HAS_SINGLE_HEADER", f"-I{place.build}")
    place.link("-lssl", "-lcrypto", "-pthread")


def vcpkg(place):
    recipes.vcpkg(fresh(place.build), place.compiler)


def conan(place):
    recipes.conan(place.build, place.compiler, place.prefix)


WAYS = {way.__name__: way for way in (install, find_package, components, compiled, subdirectory, two_units, meson,
                                      meson_wrap, pkg_config, single_header, vcpkg, conan)}


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in WAYS:
        sys.exit(f"{__doc__}\n\nWays: {' '.join(WAYS)}")
    way, work = sys.argv[1], Path(sys.argv[2]).resolve()
    compiler = sys.argv[3] if len(sys.argv) > 3 else os.environ.get("CXX", "g++")
    place = Place(way, work, compiler)
    if way != "install" and not place.prefix.is_dir():
        fail(f"nothing is installed yet: run.py install {sys.argv[2]}")
    WAYS[way](place)


if __name__ == "__main__":
    main()
