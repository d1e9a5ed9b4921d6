// SPDX-License-Identifier: BSL-1.0

#include <support/throw_probe.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cxxabi.h>
#include <dlfcn.h>
#include <new>
#include <string_view>
#include <typeinfo>
#include <unwind.h>

extern "C" _Unwind_Reason_Code __gxx_personality_v0(int, _Unwind_Action, _Unwind_Exception_Class,
                                                    _Unwind_Exception*, _Unwind_Context*);

namespace coauth::tests {
namespace {

/// What of the ABI's __cxa_exception stands directly before its unwind header.
struct end_of_exception_header {
    std::uintptr_t landing_pad;
    void* adjusted;
    _Unwind_Exception unwind;
};

/// "GNUCC++\0"
constexpr _Unwind_Exception_Class native = 0x474e5543432b2b00;

struct search {
    end_of_exception_header* exception;
    throw_route route;
    bool decided = false;
};

/// dladdr() looks through all symbols of the program, and the same places come again and again.
char const* name_of(std::uintptr_t address) noexcept {
    struct known {
        std::uintptr_t address;
        char const* name;
    };
    static std::array<known, 4096> names{};  // of each thread it would stand on its stack
    known& place = names[address % names.size()];
    if (place.address != address) {
        Dl_info found{};
        bool const has_one = ::dladdr(reinterpret_cast<void*>(address), &found) != 0;
        place = {address, has_one && found.dli_sname != nullptr ? found.dli_sname : ""};
    }
    return place.name;
}

/// Of a function or one of its lambdas; not of what is instantiated with a type of coauth, nor of
/// these tests.
bool is_of_coauth(std::string_view mangled) noexcept {
    constexpr std::string_view name = "6coauth";
    if (mangled.substr(0, 2) != "_Z") return false;
    std::size_t const at = mangled.find_first_not_of("ZNKVRO", 2);
    if (at == mangled.npos || mangled.substr(at, name.size()) != name) return false;
    return mangled.substr(at + name.size(), 6) != "5tests";
}

_Unwind_Reason_Code look_at(_Unwind_Context* frame, void* state) {
    auto& s = *static_cast<search*>(state);
    char const* const name = name_of(_Unwind_GetIP(frame) - 1);
    std::string_view const view(name);
    if (is_of_coauth(view)) s.route.through_coauth = true;
    if (view.find("strand_executor_service") != view.npos) s.route.through_strand = true;
    if (view.find("co_spawn_entry_point") != view.npos) s.route.through_co_spawn = true;
    if (_Unwind_GetLanguageSpecificData(frame) == 0) return _URC_NO_REASON;
    s.exception->landing_pad = 0;
    _Unwind_Reason_Code const found =
        __gxx_personality_v0(1, _UA_SEARCH_PHASE, native, &s.exception->unwind, frame);
    if (found != _URC_HANDLER_FOUND) return _URC_NO_REASON;
    s.decided = true;
    s.route.stops_in = name;
    s.route.terminates = s.exception->landing_pad == 0;
    return _URC_NORMAL_STOP;
}

}  // namespace

throw_route route_of_bad_alloc() {
    void* const memory = abi::__cxa_allocate_exception(sizeof(std::bad_alloc));
    auto* const thrown = new (memory) std::bad_alloc;
    abi::__cxa_init_primary_exception(memory, const_cast<std::type_info*>(&typeid(std::bad_alloc)),
                                      nullptr);
    search s{reinterpret_cast<end_of_exception_header*>(memory) - 1, {}};
    s.exception->unwind.exception_class = native;
    _Unwind_Backtrace(look_at, &s);
    thrown->~bad_alloc();
    abi::__cxa_free_exception(memory);
    if (!s.decided) s.route.terminates = true;
    return s.route;
}

}  // namespace coauth::tests
