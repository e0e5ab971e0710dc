#include "evaluations/filter_json.hpp"

#include <array>

namespace ark::evaluations {
namespace {

using codec::JsonValue;

Error bad_member(std::string_view member, std::string_view what) {
    return fail(Errc::bad_argument, "filter." + std::string(member) + ": " + std::string(what));
}

struct TextMember {
    std::string_view name;
    std::string items::Filter::*member;
};

constexpr std::array<TextMember, 6> text_members{{{"session", &items::Filter::session},
                                                  {"query", &items::Filter::query},
                                                  {"agent", &items::Filter::agent},
                                                  {"team", &items::Filter::team},
                                                  {"tool", &items::Filter::tool},
                                                  {"model", &items::Filter::model}}};

bool read_text_member(std::string_view name, const JsonValue& value, items::Filter& filter) {
    for (const auto& each : text_members) {
        if (each.name != name) continue;
        filter.*each.member = value.text();
        return true;
    }
    return false;
}

Status read_reasons(const JsonValue& value, items::Filter& filter) {
    if (value.is_string()) filter.reasons.emplace_back(value.text());
    for (const auto& each : value.array()) {
        if (!each.is_string()) return bad_member("reason", "must be a text or a list of texts");
        filter.reasons.emplace_back(each.text());
    }
    return filter.reasons.empty() ? Status(bad_member("reason", "must be a text or a list of texts")) : ok();
}

Status read_member(std::string_view name, const JsonValue& value, items::Filter& filter) {
    if (name == "reason") return read_reasons(value, filter);
    if (!value.is_string()) return bad_member(name, "must be a text");
    if (read_text_member(name, value, filter)) return ok();
    if (name == "trace") {
        filter.trace = TraceId::from_hex(value.text());
        return filter.trace ? ok() : Status(bad_member(name, "is not a trace id"));
    }
    if (name == "component") {
        filter.component = model::parse_kind(value.text());
        return filter.component ? ok() : Status(bad_member(name, "there is no such component"));
    }
    if (name == "status") {
        if (value.text() == "success" || value.text() == "failure") {
            filter.failed = value.text() == "failure";
            return ok();
        }
        return bad_member(name, "must be success or failure");
    }
    return bad_member(name, "unknown member");
}

}  // namespace

Result<items::Filter> read_filter(const JsonValue& said) {
    items::Filter filter;
    if (said.is_null()) return filter;
    if (said.is_string()) {
        auto expression = items::Expression::compile(said.text());
        if (!expression) return fail(Errc::bad_argument, "filter: " + to_text(expression.error().list.front()));
        filter.expression = std::move(*expression);
        return filter;
    }
    if (!said.is_object()) return fail(Errc::bad_argument, "filter: an expression or an object was expected");
    for (const auto& [name, value] : said.object()) {
        ARK_TRY_STATUS(read_member(name, value, filter));
    }
    return filter;
}

}  // namespace ark::evaluations
