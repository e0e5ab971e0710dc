#include "evaluations/rows.hpp"

#include "codec/json_text.hpp"
#include "evaluations/result_json.hpp"
#include "net/http.hpp"

#include <array>
#include <charconv>

namespace ark::evaluations {
namespace {

using codec::json_text;

constexpr std::size_t limit_default = 100;
constexpr std::size_t limit_max = 1000;

struct PageRequest {
    Index::Choice choice;
    Offset before;
    std::size_t limit = limit_default;
};

Error bad_parameter(std::string_view parameter, std::string_view what) {
    return fail(Errc::bad_argument, std::string(parameter) + ": " + std::string(what));
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Status read_state(std::string_view value, Index::Choice& choice) {
    for (const auto state : {Row::State::running, Row::State::done, Row::State::failed, Row::State::canceled}) {
        if (name(state) == value) choice.state = state;
    }
    return choice.state ? ok() : Status(bad_parameter("state", "must be running, done, error or canceled"));
}

Status read_parameter(std::string_view name, const std::string& value, PageRequest& page) {
    if (name == "query") page.choice.query = value;
    if (name == "session") page.choice.session = value;
    if (name == "name") page.choice.name = value;
    if (name == "query" || name == "session" || name == "name") return ok();
    if (name == "state") return read_state(value, page.choice);
    if (name == "passed") {
        if (value != "true" && value != "false") return bad_parameter(name, "must be true or false");
        page.choice.passed = value == "true";
        return ok();
    }
    if (name == "limit") {
        const auto limit = number(value);
        if (!limit || *limit < 1 || *limit > limit_max)
            return bad_parameter(name, "must be a whole number from 1 to 1000");
        page.limit = static_cast<std::size_t>(*limit);
        return ok();
    }
    if (name == "cursor") {
        const auto before = number(value);
        if (!before) return bad_parameter(name, "is not a nextCursor of this list");
        page.before = Offset{*before};
        return ok();
    }
    return bad_parameter(name, "this resource has no such parameter");
}

}  // namespace

JsonValue json_of(const Row& row) {
    JsonValue out{JsonValue::Object{{"id", json_text(row.id)}}};
    if (!row.name.empty()) out.set("name", json_text(row.name));
    out.set("state", json_text(name(row.state)));
    out.set("evaluator", json_text(row.elsewhere ? "controller" : "broker"));
    if (row.has_result) {
        out.set("passed", JsonValue{row.passed});
        out.set("score", json_text(score_text(row.score)));
    }
    if (!row.subject.query.empty()) out.set("query", json_text(row.subject.query));
    if (!row.subject.session.empty()) out.set("session", json_text(row.subject.session));
    out.set("created", json_text(to_rfc3339(row.created)));
    out.set("updated", json_text(to_rfc3339(row.updated)));
    return out;
}

void add_result(JsonValue& row, std::string_view result) {
    const auto parsed = codec::parsed_or_null(result);
    for (const auto& [member, value] : parsed.object()) {
        if (row.find(member) == nullptr) row.set(member, value);
    }
}

Result<JsonValue> page_of(const Index& index, std::string_view tenant, std::string_view raw_query) {
    const auto query = net::Query::parse(raw_query);
    if (!query) return fail(Errc::bad_argument, "the query string is malformed");
    PageRequest page;
    for (const auto& [name, value] : query->items()) {
        if (value.empty()) continue;
        ARK_TRY_STATUS(read_parameter(name, value, page));
    }
    const auto rows = index.list(tenant, page.choice, page.before, page.limit + 1);
    JsonValue::Array items;
    for (std::size_t i = 0; i < std::min(rows.size(), page.limit); ++i)
        items.push_back(json_of(rows[i]));
    JsonValue out{JsonValue::Object{{"items", JsonValue{std::move(items)}}, {"nextCursor", JsonValue{}}}};
    if (rows.size() > page.limit) out.set("nextCursor", json_text(std::to_string(rows[page.limit - 1].first.value())));
    return out;
}

}  // namespace ark::evaluations
