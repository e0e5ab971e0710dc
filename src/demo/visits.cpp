#include "demo/visits.hpp"

#include "codec/json_writer.hpp"
#include "codec/yaml_reader.hpp"

#include <fmt/format.h>

namespace ark::demo {
namespace {

using codec::JsonValue;

Result<Question> question_of(const JsonValue& value, const std::string& where) {
    Question question;
    const auto target = value["target"].text();
    const auto slash = target.find('/');
    if (slash == std::string_view::npos) return fail(Errc::bad_payload, where + ": target: kind/name was expected");
    question.type = target.substr(0, slash);
    question.name = target.substr(slash + 1);
    question.input = value["input"].text();
    if (question.input.empty()) return fail(Errc::bad_payload, where + ": input is missing");
    for (const auto& [name, text] : value["parameters"].object())
        question.parameters.emplace_back(name, text.text());
    const auto decide = value["decide"].text();
    if (decide == "approve") question.decision = "approved";
    if (decide == "reject") question.decision = "rejected";
    if (!decide.empty() && question.decision.empty())
        return fail(Errc::bad_payload, where + ": decide: approve or reject was expected");
    return question;
}

}  // namespace

Result<std::vector<Visit>> parse_visits(std::string_view yaml) {
    ARK_TRY(const auto documents, codec::parse_yaml(yaml));
    std::vector<Visit> visits;
    for (const auto& document : documents) {
        for (const auto& value : document.value.array()) {
            Visit visit;
            visit.name = value["name"].text();
            const auto where = "visit " + visit.name;
            if (visit.name.empty()) return fail(Errc::bad_payload, "a visit without a name");
            for (const auto& each : value["queries"].array()) {
                ARK_TRY(auto question, question_of(each, where));
                visit.questions.push_back(std::move(question));
            }
            if (visit.questions.empty()) return fail(Errc::bad_payload, where + ": no queries");
            visits.push_back(std::move(visit));
        }
    }
    if (visits.empty()) return fail(Errc::bad_payload, "no visits");
    return visits;
}

std::string query_json(const Question& question, std::string_view visit, std::string_view session,
                       std::string_view ttl) {
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().field("apiVersion", "ark.mckinsey.com/v1alpha1").field("kind", "Query");
    json.key("metadata").begin_object().field("generateName", fmt::format("{}-", visit));
    json.key("labels").begin_object().field("demo", visit).end_object().end_object();
    json.key("spec").begin_object().field("input", question.input);
    json.key("target").begin_object().field("type", question.type).field("name", question.name).end_object();
    json.field("sessionId", session).field("ttl", ttl);
    if (!question.parameters.empty()) {
        json.key("parameters").begin_array();
        for (const auto& [name, value] : question.parameters)
            json.begin_object().field("name", name).field("value", value).end_object();
        json.end_array();
    }
    json.end_object().end_object();
    return body;
}

}  // namespace ark::demo
