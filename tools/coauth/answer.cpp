// SPDX-License-Identifier: BSL-1.0

#include "answer.hpp"

#include "inspect.hpp"
#include "text_file.hpp"

#include <coauth/codec/base64.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/redaction.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/exchange_log_text.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

namespace coauth_tool {
namespace {

using coauth::json_writer;

coauth::awaitable<void> send(coauth::rest_client api, coauth::request what,
                             std::shared_ptr<coauth::response> into) {
    *into = co_await api.send(std::move(what));
}

[[nodiscard]] bool is_json(std::string_view text) {
    coauth::json_reader reader(text);
    coauth::json_value whole;
    return reader.next_value(whole) && reader.next() == coauth::json_event::end;
}

[[nodiscard]] std::string body_text(coauth::response const& answer, terminal const& at) {
    std::string const& body = answer.body();
    if (!at.is_terminal() || body.empty()) return body;
    if (!coauth::is_valid_utf8(body) || body.find('\0') != std::string::npos) {
        throw failure(exit_code::other,
                      "the body is no text: " + std::to_string(body.size()) + " bytes",
                      "write it to a file with -o FILE");
    }
    std::optional<std::string> const json = coauth::detail::indent_json(body);
    return for_terminal(json ? *json : body);
}

[[nodiscard]] std::string head_text(coauth::response const& answer, terminal const& at) {
    bool const person = at.is_terminal();
    std::string const end = person ? "\n" : "\r\n";
    auto const shown = [&](std::string_view text) {
        return person ? coauth::detail::one_line(text) : std::string(text);
    };
    std::string text =
        "HTTP/1.1 " + std::to_string(answer.status()) + " " + shown(answer.reason()) + end;
    for (coauth::http_field const field : answer.headers()) {
        text += shown(field.name) + ": " + shown(field.value) + end;
    }
    return text + end;
}

void write_tokens(json_writer<std::string>& json, coauth::call_record const& call) {
    json.name("tokens").begin_array();
    for (coauth::token_decision const& token : call.tokens) {
        json.begin_object().name("decision").string(to_string(token.how));
        json.name("reason").string(to_string(token.why));
        json.name("waited_ms").raw(coauth::detail::milliseconds(token.waited)).end_object();
    }
    json.end_array();
    json.name("exchanges").number(static_cast<std::int64_t>(call.all_exchanges().size()));
    json.name("took_ms").raw(coauth::detail::milliseconds(call.took));
}

void write_body(json_writer<std::string>& json, std::string const& body) {
    if (is_json(body)) {
        json.raw(body);
    } else if (coauth::is_valid_utf8(body)) {
        json.string(body);
    } else {
        json.begin_object().name("base64").string(coauth::base64_encode(body)).end_object();
    }
}

[[nodiscard]] std::string json_text(coauth::response const& answer, session const& with) {
    std::string out;
    json_writer json(out);
    json.begin_object().name("status").number(answer.status());
    json.name("reason").string(coauth::printable(answer.reason(), 1000));
    json.name("headers").begin_array();
    for (coauth::http_field const field : answer.headers()) {
        json.begin_array().string(field.name);
        json.string(coauth::printable(field.value, field.value.size() * 8)).end_array();
    }
    json.end_array();
    write_body(json.name("body"), answer.body());
    if (auto const call = with.log().last()) write_tokens(json, *call);
    json.end_object();
    return out + "\n";
}

[[nodiscard]] std::string json_text(failure const& why) {
    std::string out;
    json_writer json(out);
    json.begin_object().name("error").begin_object();
    json.name("exit_code").number(static_cast<int>(why.code()));
    json.name("message").string(coauth::printable(why.text(), why.text().size() * 8));
    json.name("next").string(why.next()).end_object().end_object();
    return out + "\n";
}

void show(coauth::response const& answer, session const& with, given_options const& given,
          terminal const& at) {
    auto const file = given.find("output");
    if (given.has("inspect")) write_output(inspect(with.log(), at));
    std::string const head = given.has("include") ? head_text(answer, at) : "";
    if (file && *file != "-") {
        write_file(*file, answer.body());
        if (!given.has("json")) return write_output(head);
    }
    if (given.has("json")) return write_output(shown(json_text(answer, with), at));
    if (given.has("inspect") && !file) return write_output(head);
    if (!file || *file == "-") write_output(head + body_text(answer, at));
}

[[nodiscard]] std::string next_step(coauth::response const& answer) {
    for (coauth::challenge const& one : answer.challenges()) {
        auto const error = one.parameter("error");
        auto const scope = one.parameter("scope");
        if (error == "insufficient_scope") {
            return scope ? "ask for the scope that it needs: --scope '" +
                               coauth::printable(*scope, 200) + "'"
                         : "ask for more with --scope";
        }
    }
    if (answer.status() == 401) {
        return "the API does not accept this token: compare its audience and issuer "
               "(`coauth token`), or see both sides with --inspect";
    }
    if (answer.status() == 404) return "check the path";
    if (answer.status() == 429) {
        auto const after = answer.header("Retry-After");
        return after ? "try again after " + coauth::printable(*after, 40) + " s"
                     : "try again later";
    }
    if (answer.status() >= 500) return "try again later; --inspect shows both sides";
    return "the body says why; --inspect shows both sides";
}

void tell_redirect(coauth::response const& answer, terminal const& at) {
    auto const to = answer.location();
    if (!to) return;
    report({exit_code::ok, "redirects are not followed",
            "call " + coauth::redact_url(to->to_string()) + " if that is where you want to go"},
           at);
}

}  // namespace

option_group showing_options() {
    return {"What is shown",
            {{'i', "include", "", "status and headers before the body"},
             {'o', "output", "FILE", "write the body there"},
             {0, "json", "", "one JSON object: status, headers, body, how the token came"},
             {0, "inspect", "",
              "both exchanges, with the API and the authorization server,\n"
              "without credentials, in place of the body"},
             {0, "har", "FILE", "write both exchanges for a browser's developer tools"},
             {0, "report", "FILE", "write both exchanges as a page of HTML"},
             {'v', "verbose", "", "tell what happens, on standard error"},
             {0, "dry-run", "", "show what would be sent, and send nothing"},
             {'h', "help", "", "this text"}}};
}

exit_code send_and_show(session& with, sending by, coauth::request what, given_options const& given,
                        terminal const& at) {
    what.log(with.log());
    auto const answer = std::make_shared<coauth::response>();
    std::optional<failure> none_came;
    try {
        with.run(send(std::move(by.api), std::move(what), answer), std::move(by.waiting_for));
    } catch (coauth::exception const& e) {
        none_came = failure_of(e.error());
    } catch (failure const& e) { none_came = e; }
    if (by.keeping) with.run(*std::move(by.keeping), "the token store");
    with.write_files();
    if (none_came) {
        if (given.has("inspect")) write_output(inspect(with.log(), at));
        if (given.has("json")) write_output(shown(json_text(*none_came), at));
        throw *none_came;
    }
    show(*answer, with, given, at);
    if (answer->status() >= 300 && answer->status() < 400) tell_redirect(*answer, at);
    if (answer->status() < 400) return exit_code::ok;
    report({exit_code::api_refused,
            "the API answered " + std::to_string(answer->status()) + " " +
                coauth::printable(answer->reason(), 100),
            next_step(*answer)},
           at);
    return exit_code::api_refused;
}

std::string dry_run_text(coauth::request const& what, std::string_view base_url,
                         std::string const& authorized) {
    coauth::redactor redact;
    for (auto const& value : what.hidden()) redact.add_secret(value->reveal());
    std::string url;
    if (what.absolute_url()) {
        url = what.absolute_url()->to_string();
    } else {
        coauth::url const base = coauth::url::parse(base_url).value();
        url = std::string(base.scheme()) + "://" + base.authority() +
              coauth::append_target(base, what.target()).value();
    }
    std::string text = "would send " + what.method() + " " + redact.url(url) + "\n" +
                       "authorized by " + authorized + "\n";
    for (coauth::http_field const field : redact.fields(what.headers())) {
        text +=
            coauth::detail::one_line(std::string(field.name) + ": " + std::string(field.value)) +
            "\n";
    }
    if (what.body().empty()) return text;
    std::string const type(what.headers().find("Content-Type").value_or(""));
    return text + "\n" + for_terminal(redact.body(type, what.body(), std::size_t{64} * 1024));
}

void report(failure const& why, terminal const& at) {
    std::string text = at.paint_error(colour::red, "coauth: ") + why.text() + "\n";
    if (!why.next().empty()) text += "  next: " + why.next() + "\n";
    std::fputs(text.c_str(), stderr);
}

}  // namespace coauth_tool
