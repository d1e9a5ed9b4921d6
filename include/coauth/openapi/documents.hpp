// SPDX-License-Identifier: BSL-1.0
//
// The documents of one import: reads them as they are referred to, follows references, and says
// where something stands. Files are read below the first document's folder only, anything else only
// through the caller's loader. Not synchronised.

#ifndef COAUTH_OPENAPI_DOCUMENTS_HPP
#define COAUTH_OPENAPI_DOCUMENTS_HPP

#include <coauth/codec/percent.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/detail/uri_text.hpp>
#include <coauth/openapi/document.hpp>
#include <coauth/openapi/import_options.hpp>
#include <coauth/openapi/limits.hpp>
#include <coauth/result.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace coauth::openapi::detail {

/// A value and the document that it stands in.
struct located {
    document const* in = nullptr;
    node const* value = nullptr;

    [[nodiscard]] explicit operator bool() const noexcept { return value != nullptr; }
    [[nodiscard]] bool is(json_type type) const noexcept { return value->is(type); }
    [[nodiscard]] std::string_view text() const noexcept { return value->text(); }
    [[nodiscard]] located find(std::string_view name) const noexcept {
        return {in, value->find(name)};
    }
    [[nodiscard]] located at(member const& child) const noexcept { return {in, &child.value}; }
};

/// A reference into a document that is not there, or not to be read. Where no more than the type of
/// a value is lost, or one path, that is noted.
class unreachable : public exception {
public:
    using exception::exception;
};

class documents {
public:
    explicit documents(import_options const& options) : options_(options) {}

    /// The first one. Throws coauth::exception, as every member here.
    [[nodiscard]] document const& open_file(std::filesystem::path const& path) {
        std::error_code ec;
        std::filesystem::path const file = std::filesystem::canonical(path, ec);
        if (ec)
            throw exception(error(errc::invalid_description, stage::configuration,
                                  "'" + path.string() + "': " + ec.message()));
        folder_ = file.parent_path();
        return read_file(file);
    }
    [[nodiscard]] document const& open_text(std::string text) {
        bool const remote = !options_.fetched_from.empty();
        std::string location = remote ? url::parse(options_.fetched_from).value().to_string() : "";
        return add(std::move(text), std::move(location), remote);
    }

    /// What a reference object means in the end, or the value itself where it is none.
    [[nodiscard]] located follow(located from) {
        std::vector<node const*> been;
        while (from.value->is(json_type::object)) {
            located const reference = from.find("$ref");
            if (!reference || !reference.is(json_type::string)) break;
            if (std::find(been.begin(), been.end(), from.value) != been.end()) {
                fail(from, "the reference leads to itself");
            }
            been.push_back(from.value);
            from = resolve(reference);
        }
        return from;
    }

    /// What the text of a `$ref` means.
    [[nodiscard]] located resolve(located reference) {
        if (++references_ > options_.bounds.max_references) {
            fail(reference, "more references than max_references", errc::description_limit);
        }
        std::string_view const text = reference.text();
        std::size_t const hash = text.find('#');
        document const& in = document_of(reference, text.substr(0, hash));
        std::string_view const fragment =
            hash == std::string_view::npos ? "" : text.substr(hash + 1);
        auto const pointer = percent_decode(fragment);
        if (!pointer) fail(reference, "broken percent escape in the reference");
        if (!pointer->empty() && pointer->front() != '/') {
            fail(reference, "only JSON pointers are followed, not the anchor '#" + *pointer + "'",
                 errc::unsupported_description);
        }
        node const* const found = walk(in.root(), *pointer);
        if (found == nullptr) fail(reference, "'" + std::string(text) + "' leads nowhere");
        return {&in, found};
    }

    /// A copy of a text. What references and aliases multiply is bounded here.
    [[nodiscard]] std::string copy(located text) {
        spend(text, text.text().size());
        return std::string(text.text());
    }
    /// Something of about so many bytes is made out of a value.
    void spend(located from, std::size_t bytes) {
        constexpr std::size_t bytes_of_a_value = 64;
        spent_ += bytes + bytes_of_a_value;
        if (spent_ / bytes_of_a_value > options_.bounds.max_values) {
            fail(from, "references make more values of it than max_values",
                 errc::description_limit);
        }
    }

    /// For people; a few of them.
    void note(std::string text) {
        if (notes_.size() < most_notes) notes_.push_back(std::move(text));
        if (notes_.size() == most_notes) notes_.emplace_back("and more of that kind");
    }
    [[nodiscard]] std::vector<std::string>& notes() noexcept { return notes_; }

    [[noreturn]] void fail(located at, std::string const& why,
                           errc code = errc::invalid_description) const {
        throw exception(error(code, stage::configuration, place(at) + ": " + printable(why, 500)));
    }

    [[noreturn]] void out_of_reach(located at, std::string const& why,
                                   errc code = errc::unsupported_description) const {
        // To look for the place of each of very many would take long, and nobody reads it.
        bool const shown = notes_.size() < most_notes;
        throw unreachable(
            error(code, stage::configuration,
                  (shown ? place(at) : name_of(*at.in)) + ": " + printable(why, 500)));
    }

    /// "api.json: /paths/~1users/get: line 3, column 5".
    [[nodiscard]] std::string place(located at) const {
        std::string text = name_of(*at.in);
        std::string pointer;
        std::set<void const*> seen;
        if (find_pointer(at.in->root(), at.value, pointer, seen) && !pointer.empty()) {
            text += printable(pointer, 300) + ": ";
        }
        return text + at.in->position(*at.value);
    }

private:
    [[nodiscard]] static std::string name_of(document const& one) {
        if (one.location.empty()) return "";
        return (one.remote ? one.location
                           : std::filesystem::path(one.location).filename().string()) +
               ": ";
    }

    /// For errors only. What YAML aliases share is looked at once.
    [[nodiscard]] static bool find_pointer(node const& from, node const* wanted,
                                           std::string& pointer, std::set<void const*>& seen) {
        if (&from == wanted) return true;
        std::span<member const> const all = from.children();
        if (all.empty() || !seen.insert(all.data()).second) return false;
        std::size_t const before = pointer.size();
        for (std::size_t i = 0; i != all.size(); ++i) {
            pointer += from.is(json_type::object) ? coauth::detail::pointer_step(all[i].name)
                                                  : "/" + std::to_string(i);
            if (find_pointer(all[i].value, wanted, pointer, seen)) return true;
            pointer.resize(before);
        }
        return false;
    }

    /// RFC 6901; null where there is nothing.
    [[nodiscard]] static node const* walk(node const& root, std::string_view pointer) {
        node const* at = &root;
        while (!pointer.empty() && at != nullptr) {
            pointer.remove_prefix(1);
            std::string_view const raw = pointer.substr(0, pointer.find('/'));
            pointer.remove_prefix(raw.size());
            std::string step;
            for (std::size_t i = 0; i != raw.size(); ++i) {
                bool const escape = raw[i] == '~' && i + 1 != raw.size();
                step += escape ? (raw[++i] == '1' ? '/' : '~') : raw[i];
            }
            if (at->is(json_type::array)) {
                std::size_t index = 0;
                auto const [end, ec] =
                    std::from_chars(step.data(), step.data() + step.size(), index);
                bool const good = ec == std::errc() && end == step.data() + step.size() &&
                                  index < at->children().size();
                at = good ? &at->children()[index].value : nullptr;
            } else {
                at = at->find(step);
            }
        }
        return at;
    }

    [[nodiscard]] document const& document_of(located reference, std::string_view uri) {
        if (uri.empty()) return *reference.in;
        bool const has_scheme = coauth::detail::split_uri(uri).scheme.has_value();
        if (has_scheme || reference.in->remote) return remote_document(reference, uri);
        return file_document(reference, uri);
    }

    [[nodiscard]] document const& remote_document(located reference, std::string_view uri) {
        result<url> where = reference.in->remote
                                ? resolve_reference(url::parse(reference.in->location).value(), uri)
                                : url::parse(uri);
        if (!where) fail(reference, where.error().message());
        std::string const location = where->to_string();
        if (document const* known = find(location)) return *known;
        if (!options_.remote) {
            out_of_reach(reference, "'" + location +
                                        "' is another document: remote ones are read only with "
                                        "import_options::remote");
        }
        result<std::string> text = options_.remote(location);
        if (!text)
            not_got(reference, "'" + location + "': " + text.error().message(), text.error());
        return add(std::move(*text), location, true);
    }

    /// What the caller does not allow is a document that is not there.
    [[noreturn]] void not_got(located reference, std::string const& what, error const& why) const {
        if (why.is(errc::unsupported_description)) out_of_reach(reference, what);
        bool const ours = why.code().category() == error_category();
        fail(reference, what,
             ours ? static_cast<errc>(why.code().value()) : errc::invalid_description);
    }

    [[nodiscard]] document const& file_document(located reference, std::string_view uri) {
        if (folder_.empty()) {
            out_of_reach(reference, "'" + std::string(uri) +
                                        "' is a file, and this description is not: load() it "
                                        "from one");
        }
        auto const relative = percent_decode(uri);
        if (!relative || relative->find('\0') != std::string::npos) {
            fail(reference, "the reference is no name of a file");
        }
        std::error_code ec;
        std::filesystem::path const from(reference.in->location);
        std::filesystem::path const file =
            std::filesystem::weakly_canonical(from.parent_path() / *relative, ec);
        if (ec || !below_folder(file)) {
            out_of_reach(reference, "'" + *relative + "' is not below the description's folder");
        }
        if (document const* known = find(file.string())) return *known;
        if (!std::filesystem::is_regular_file(file, ec)) {
            out_of_reach(reference, "there is no file '" + *relative + "'",
                         errc::invalid_description);
        }
        return read_file(file);
    }

    [[nodiscard]] bool below_folder(std::filesystem::path const& file) const {
        auto const ends = std::mismatch(folder_.begin(), folder_.end(), file.begin(), file.end());
        return ends.first == folder_.end();
    }

    [[nodiscard]] document const* find(std::string const& location) const {
        auto const found = documents_.find(location);
        return found == documents_.end() ? nullptr : found->second.get();
    }

    [[nodiscard]] document const& read_file(std::filesystem::path const& file) {
        std::string const name = file.filename().string();
        std::error_code ec;
        if (!std::filesystem::is_regular_file(file, ec)) {
            throw exception(
                error(errc::invalid_description, stage::configuration, name + ": no file"));
        }
        std::ifstream in(file, std::ios::binary);
        std::string text;
        // What is left of the limit and one byte more, whatever the size is said to be.
        std::size_t const allowed = options_.bounds.max_bytes - bytes_;
        auto const size = std::filesystem::file_size(file, ec);
        if (!ec && size > allowed) too_large(name);
        text.resize(static_cast<std::size_t>(size) + 1);
        in.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(in.gcount()));
        if (in.bad() || (!in.is_open())) {
            throw exception(
                error(errc::invalid_description, stage::configuration, name + ": cannot be read"));
        }
        return add(std::move(text), file.string(), false);
    }

    [[noreturn]] void too_large(std::string const& name) const {
        throw exception(error(errc::description_limit, stage::configuration,
                              name + (name.empty() ? "" : ": ") + "more than max_bytes, " +
                                  std::to_string(options_.bounds.max_bytes)));
    }

    [[nodiscard]] document const& add(std::string text, std::string location, bool remote) {
        if (text.size() > options_.bounds.max_bytes - bytes_) too_large(location);
        bytes_ += text.size();
        if (documents_.size() >= options_.bounds.max_documents) {
            throw exception(error(errc::description_limit, stage::configuration,
                                  location + ": more documents than max_documents"));
        }
        auto made = std::make_unique<document>(std::move(text));
        made->location = location;
        made->remote = remote;
        error wrong = options_.syntax(*made, options_.bounds, values_);
        if (wrong) {
            std::string const message = name_of(*made) + wrong.message();
            throw exception(std::move(wrong).with_message(message));
        }
        return *documents_.emplace(std::move(location), std::move(made)).first->second;
    }

    static constexpr std::size_t most_notes = 20;

    import_options const& options_;
    std::filesystem::path folder_;
    std::map<std::string, std::unique_ptr<document>> documents_;
    std::vector<std::string> notes_;
    std::size_t bytes_ = 0;
    std::size_t values_ = 0;
    std::size_t references_ = 0;
    std::size_t spent_ = 0;
};

}  // namespace coauth::openapi::detail

#endif
