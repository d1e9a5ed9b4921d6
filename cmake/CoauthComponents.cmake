# SPDX-License-Identifier: BSL-1.0
#
# What can be taken beside coauth::coauth. Each component has an export set of its own, so that an
# installed copy without it, or without the package it needs, is complete for everybody else.

set(coauth_components "")

# coauth_component(<name> STATIC|INTERFACE): coauth::<name>, with everything of coauth::coauth.
macro(coauth_component name type)
    add_library(coauth_${name} ${type})
    add_library(coauth::${name} ALIAS coauth_${name})
    set_target_properties(coauth_${name} PROPERTIES EXPORT_NAME ${name})
    list(APPEND coauth_components ${name})
endmacro()

# The servers, clocks and executors for a user's own tests.
coauth_component(testing INTERFACE)
target_link_libraries(coauth_testing INTERFACE coauth)

# The bodies, compiled once. Who links it includes declarations only.
if(COAUTH_BUILD_COMPILED)
    coauth_component(compiled STATIC)
    set_target_properties(coauth_compiled PROPERTIES OUTPUT_NAME coauth)
    target_sources(coauth_compiled PRIVATE packaging/compiled.cpp)
    target_link_libraries(coauth_compiled PUBLIC coauth)
    target_compile_definitions(coauth_compiled PUBLIC COAUTH_SEPARATE_COMPILATION)
    # An archive that is passed on says nothing about the machine that made it.
    target_compile_options(coauth_compiled PRIVATE
        -ffile-prefix-map=${PROJECT_BINARY_DIR}=.
        -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
endif()

# Adapters for JSON libraries. Their targets are named, not looked for: who builds this project as a
# part of another one brings the package, an installed copy finds it for the component.
coauth_component(nlohmann_json INTERFACE)
target_link_libraries(coauth_nlohmann_json INTERFACE coauth nlohmann_json::nlohmann_json)
coauth_component(boost_json INTERFACE)
target_link_libraries(coauth_boost_json INTERFACE coauth Boost::json)

# API descriptions in YAML; those in JSON need no component.
coauth_component(openapi_yaml INTERFACE)
target_link_libraries(coauth_openapi_yaml INTERFACE coauth yaml-cpp)
