# SPDX-License-Identifier: BSL-1.0
"""Conan 2: `conan create packaging/conan` makes a package of this checkout. Its options are the
components; without `compiled` the package is headers only, the same for every compiler."""

import re
from pathlib import Path

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy

# What CMake needs to build and install, and nothing else.
SOURCES = ("LICENSE", "CMakeLists.txt", "cmake/*", "include/*", "packaging/compiled.cpp")


class CoauthConan(ConanFile):
    name = "coauth"
    description = "Coroutines for REST APIs that are protected by OAuth 2.0"
    license = "BSL-1.0"
    topics = ("oauth2", "rest", "coroutines", "asio", "header-only")
    settings = "os", "arch", "compiler", "build_type"
    options = {"compiled": [True, False], "nlohmann_json": [True, False], "boost_json": [True, False],
               "openapi_yaml": [True, False]}
    default_options = {"compiled": False, "nlohmann_json": False, "boost_json": False, "openapi_yaml": False}

    @property
    def _checkout(self):
        return Path(self.recipe_folder).parents[1]

    def set_version(self):
        text = (self._checkout / "include/coauth/config.hpp").read_text(encoding="utf-8")
        self.version = re.search(r'COAUTH_VERSION_STRING "([^"]+)"', text).group(1)

    def export_sources(self):
        for pattern in SOURCES:
            copy(self, pattern, src=self._checkout, dst=self.export_sources_folder)

    def validate(self):
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("coauth is for Linux")
        check_min_cppstd(self, 20)

    def requirements(self):
        self.requires("asio/[>=1.22.1 <2]", transitive_headers=True)
        self.requires("openssl/[>=3.0 <4]", transitive_headers=True, transitive_libs=True)
        if self.options.nlohmann_json:
            self.requires("nlohmann_json/[>=3.11 <4]", transitive_headers=True)
        if self.options.boost_json:
            self.requires("boost/[>=1.75 <2]", transitive_headers=True, transitive_libs=True)
        if self.options.openapi_yaml:
            self.requires("yaml-cpp/[>=0.7 <1]", transitive_headers=True, transitive_libs=True)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["COAUTH_BUILD_TESTS"] = False
        toolchain.cache_variables["COAUTH_BUILD_TOOLS"] = False
        toolchain.cache_variables["COAUTH_INSTALL"] = True
        toolchain.cache_variables["COAUTH_BUILD_COMPILED"] = bool(self.options.compiled)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", src=self.source_folder, dst=Path(self.package_folder, "licenses"))
        CMake(self).install()

    def package_id(self):
        if not self.info.options.compiled:
            self.info.clear()

    def package_info(self):
        # find_package(coauth) finds the package's own files, which know its components.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["lib/cmake/coauth"]
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = ["lib"] if self.options.compiled else []
        self.cpp_info.libs = ["coauth"] if self.options.compiled else []
        self.cpp_info.defines = ["ASIO_STANDALONE"]
        if self.options.compiled:
            self.cpp_info.defines.append("COAUTH_SEPARATE_COMPILATION")
