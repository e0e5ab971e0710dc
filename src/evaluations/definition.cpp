#include "evaluations/definition.hpp"

#include "evaluations/event.hpp"

#include <algorithm>
#include <array>

namespace ark::evaluations {
namespace {

Error bad_part(std::string_view where, std::string_view what) {
    return fail(Errc::bad_argument, std::string(where) + ": " + std::string(what));
}

/// A parameter under any of its names, as text; empty when nobody gave it.
class Parameters {
public:
    explicit Parameters(const JsonValue& said) {
        for (const auto& [name, value] : said.object())
            add(name, value);
        for (const auto& each : said.array())
            add(each["name"].text(), each["value"]);
    }
    std::string find(std::initializer_list<std::string_view> names) const {
        for (const auto name : names) {
            const auto found =
                std::find_if(all_.begin(), all_.end(), [&](const auto& each) { return each.first == name; });
            if (found != all_.end()) return found->second;
        }
        return {};
    }

private:
    void add(std::string_view name, const JsonValue& value) {
        if (!value.is_null()) all_.emplace_back(name, value.is_string() ? std::string(value.text()) : value.dump());
    }

    std::vector<std::pair<std::string, std::string>> all_;
};

Result<Rule> read_rule(const JsonValue& said, const std::string& where) {
    if (!said.is_object()) return bad_part(where, "a map with name and expression was expected");
    Rule rule;
    rule.name = said["name"].text();
    rule.expression = said["expression"].text();
    rule.description = said["description"].text();
    if (rule.name.empty()) return bad_part(where + ".name", "must be a non-empty text");
    if (!said["expression"].is_string()) return bad_part(where + ".expression", "must be a text");
    const auto& weight = said["weight"];
    if (weight.is_null()) return rule;
    const auto* whole = std::get_if<std::int64_t>(&weight.data);
    constexpr std::int64_t weight_max = 1'000'000'000;  // sums of all rules stay exact
    if (whole == nullptr || *whole < 0 || *whole > weight_max) {
        return bad_part(where + ".weight", "must be a whole number from 0 to 1000000000");
    }
    rule.weight = *whole;
    return rule;
}

Status read_rules(const JsonValue& said, Definition& into) {
    if (said.size() == 0 || !said.is_array()) return bad_part("rules", "an evaluation of events needs at least one");
    if (said.size() > Definition::rules_max)
        return bad_part("rules", "more than " + std::to_string(Definition::rules_max));
    for (std::size_t i = 0; i < said.size(); ++i) {
        ARK_TRY(auto rule, read_rule(said[i], "rules[" + std::to_string(i) + "]"));
        into.rules.push_back(std::move(rule));
    }
    return ok();
}

std::string first_of(std::initializer_list<std::string_view> texts) {
    for (const auto text : texts) {
        if (!text.empty()) return std::string(text);
    }
    return {};
}

Status read_type(std::string_view said, const JsonValue& rules, Definition& into) {
    static constexpr std::array judged{"direct", "query", "baseline", "batch"};
    // The resource's default is direct; whoever gives rules and no type means event.
    into.type = said.empty() && !rules.is_null() ? "event" : first_of({said, "direct"});
    if (into.type == "event") return ok();
    if (std::find(judged.begin(), judged.end(), into.type) == judged.end()) {
        return bad_part("type", "'" + into.type + "' is none of event, direct, query, baseline, batch");
    }
    return fail(Errc::unsupported, "evaluations of type " + into.type +
                                       " are judged by a model, which only the controller can call: apply it there "
                                       "(`ark eval run -f` and `ark apply -f` do); the broker evaluates type event");
}

}  // namespace

Result<double> read_min_score(std::string_view text) {
    const auto score = read_number(JsonValue{std::string(text)});
    if (!score || !(*score >= 0 && *score <= 1)) return bad_part("min-score", "must be a number from 0 to 1");
    return *score;
}

Result<Definition> read_definition(const JsonValue& document) {
    if (!document.is_object()) return bad_part("evaluation", "a map was expected");
    const auto kind = document["kind"].text();
    if (!kind.empty() && kind != "Evaluation") return bad_part("kind", "'" + std::string(kind) + "' is not Evaluation");
    const auto& spec = document["spec"].is_object() ? document["spec"] : document;
    const auto& config = spec["config"].is_object() ? spec["config"] : spec;
    const Parameters parameters(spec["evaluator"]["parameters"].is_null() ? spec["parameters"]
                                                                          : spec["evaluator"]["parameters"]);
    Definition out;
    out.name = first_of({document["metadata"]["name"].text(), document["name"].text()});
    ARK_TRY_STATUS(read_type(spec["type"].text(), config["rules"], out));
    ARK_TRY_STATUS(read_rules(config["rules"], out));

    auto min_score = parameters.find({"min-score", "min_score", "threshold"});
    for (const auto* name : {"minScore", "min_score", "min-score"}) {
        const auto& said = spec[name];
        if (!said.is_null()) min_score = said.is_string() ? std::string(said.text()) : said.dump();
    }
    if (!min_score.empty()) {
        ARK_TRY(out.min_score, read_min_score(min_score));
        out.min_score_text = min_score;
    }
    const auto& query = config["queryRef"];
    out.subject.query = first_of({parameters.find({"query.name"}), query["name"].text()});
    out.subject.session = first_of({parameters.find({"sessionId"}), spec["sessionId"].text()});
    out.subject.namespace_ = first_of(
        {parameters.find({"query.namespace"}), query["namespace"].text(), document["metadata"]["namespace"].text()});
    return out;
}

}  // namespace ark::evaluations
