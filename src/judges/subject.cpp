#include "judges/subject.hpp"

#include "codec/template.hpp"
#include "judges/finding.hpp"
#include "runs/status_parts.hpp"
#include "runtime/sleep.hpp"

#include <fmt/format.h>

namespace ark::judges {
namespace {

using codec::JsonValue;

constexpr std::chrono::milliseconds poll_first{20};
constexpr std::chrono::milliseconds poll_longest{500};

/// A member under any of its names, there or in `metadata`.
std::string member(const JsonValue& example, std::initializer_list<std::string_view> names) {
    for (const auto name : names) {
        for (const auto* place : {&example, &example["metadata"]}) {
            if ((*place)[name].is_string()) return std::string((*place)[name].text());
        }
    }
    return {};
}

}  // namespace

awaitable<Result<resources::ResourcePtr>> ended_query(runs::Lookup& lookup, std::string ns, std::string name,
                                                      std::stop_token stop) {
    auto wait = poll_first;
    for (;;) {
        ARK_CO_TRY(auto query, co_await lookup.get("Query", ns, name));
        if (runs::is_final_phase(query->value["status"]["phase"].text())) co_return query;
        ARK_CO_TRY_STATUS(co_await runtime::sleep_for(wait, stop));
        wait = std::min(wait * 2, poll_longest);
    }
}

awaitable<Result<Exhibit>> exhibit_of(runs::Lookup& lookup, resources::ResourcePtr query, std::string target) {
    const auto where = fmt::format("Query {}/{}", query->ns(), query->name());
    const auto& status = query->value["status"];
    const auto& response = status["response"];
    if (status["phase"].text() != "done") {
        co_return fail(Errc::conflict,
                       fmt::format("{} ended as {}: there is no response to judge", where, status["phase"].text()));
    }
    const auto name = response["target"]["name"].text();
    const auto full = fmt::format("{}:{}", response["target"]["type"].text(), name);
    if (!target.empty() && target != name && target != full)
        co_return fail(Errc::not_found, fmt::format("{}: {} did not respond, {} did", where, target, full));
    Exhibit exhibit;
    exhibit.output = response["content"].text();
    const auto& spec = query->value["spec"];
    exhibit.input = spec["input"].is_string() ? std::string(spec["input"].text()) : spec["input"].dump();
    if (spec["parameters"].size() > 0) {
        std::string ns(query->ns());
        ARK_CO_TRY(const auto parameters, co_await lookup.parameters(spec["parameters"], std::move(ns), where));
        auto rendered = codec::render_template(exhibit.input, parameters);
        if (!rendered) co_return prefix(rendered.error(), where + ": input");
        exhibit.input = std::move(*rendered);
    }
    co_return exhibit;
}

Result<std::vector<Example>> read_examples(std::string_view text) {
    const std::string what = "parameter golden-examples";
    if (text.empty()) return fail(Errc::bad_argument, what + ": a baseline needs it");
    const auto json = JsonValue::parse(text);
    if (!json || !json->is_array()) return fail(Errc::bad_argument, what + ": must be a JSON list");
    if (json->size() == 0) return fail(Errc::bad_argument, what + ": is empty");
    if (json->size() > examples_max)
        return fail(Errc::bad_argument, fmt::format("{}: more than {} examples", what, examples_max));
    std::vector<Example> examples;
    for (std::size_t i = 0; i < json->size(); ++i) {
        const auto& said = (*json)[i];
        Example example;
        example.input = member(said, {"input", "question"});
        example.expected = member(said, {"expectedOutput", "expected_output", "expected", "output"});
        example.category = member(said, {"category"});
        example.difficulty = member(said, {"difficulty"});
        if (example.input.empty()) return fail(Errc::bad_argument, fmt::format("{}[{}]: has no input", what, i));
        examples.push_back(std::move(example));
    }
    return examples;
}

}  // namespace ark::judges
