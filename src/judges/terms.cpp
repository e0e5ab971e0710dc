#include "judges/terms.hpp"

#include <charconv>

#include <fmt/format.h>

namespace ark::judges {
namespace {

using codec::JsonValue;

Status read_min_score(Terms& terms) {
    const auto said = terms.text({"min-score", "min_score", "threshold"});
    if (said.empty()) return ok();
    const auto [end, error] = std::from_chars(said.data(), said.data() + said.size(), terms.min_score);
    const bool whole = error == std::errc{} && end == said.data() + said.size();
    if (!whole || !(terms.min_score >= 0 && terms.min_score <= 1))
        return fail(Errc::bad_argument, "min-score: must be a number from 0 to 1");
    terms.min_score_text = said;
    return ok();
}

}  // namespace

std::string Terms::text(std::initializer_list<std::string_view> names, std::string_view fallback) const {
    for (const auto name : names) {
        if (parameters[name].is_string()) return std::string(parameters[name].text());
    }
    return std::string(fallback);
}

awaitable<Result<Terms>> read_terms(runs::Lookup& lookup, resources::ResourcePtr evaluation) {
    const auto& spec = evaluation->value["spec"];
    const std::string ns(evaluation->ns());
    const auto where = fmt::format("Evaluation {}/{}", ns, evaluation->name());
    Terms terms;
    terms.parameters.data = JsonValue::Object{};
    // Rules need nobody who judges: the name of one may stand there all the same.
    terms.evaluator = spec["type"].text() == "event" ? "" : spec["evaluator"]["name"].text();
    if (!terms.evaluator.empty()) {
        const std::string theirs(spec["evaluator"]["namespace"].text(ns));
        ARK_CO_TRY(const auto evaluator, co_await lookup.get("Evaluator", theirs, terms.evaluator));
        const auto& said = evaluator->value["spec"];
        const auto place = fmt::format("Evaluator {}/{}", theirs, terms.evaluator);
        if (said["address"].is_object()) {
            ARK_CO_TRY(terms.address, co_await lookup.value(said["address"], theirs, place + ": address"));
        }
        ARK_CO_TRY(terms.parameters, co_await lookup.parameters(said["parameters"], theirs, place));
    }
    ARK_CO_TRY(const auto own, co_await lookup.parameters(spec["evaluator"]["parameters"], ns, where));
    for (const auto& [name, value] : own.object())
        terms.parameters.set(name, value);
    const auto read = read_min_score(terms);
    if (!read) co_return prefix(read.error(), where);
    co_return terms;
}

}  // namespace ark::judges
