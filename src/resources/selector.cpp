#include "resources/selector.hpp"

#include "base/text.hpp"
#include "resources/metadata.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::resources {
namespace {

/// Without the spaces around it: only those count here.
std::string_view bare(std::string_view text) {
    return trimmed(text, " ");
}

/// At commas, but not inside parentheses.
std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        depth += text[i] == '(' ? 1 : 0;
        depth -= text[i] == ')' ? 1 : 0;
        if (text[i] != ',' || depth > 0) continue;
        parts.push_back(bare(text.substr(begin, i - begin)));
        begin = i + 1;
    }
    parts.push_back(bare(text.substr(begin)));
    return parts;
}

Refusal bad(std::string_view what, std::string_view text, std::string_view why) {
    return refuse(Reason::bad_request, fmt::format("{} selector \"{}\": {}", what, text, why));
}

struct Comparison {
    std::string_view left;
    std::string_view right;
    bool equal = true;
};

/// "a=b", "a==b", "a!=b"; nothing when there is no operator.
std::optional<Comparison> comparison_of(std::string_view text) {
    const auto sign = text.find('=');
    if (sign == std::string_view::npos) return std::nullopt;
    const bool unequal = sign > 0 && text[sign - 1] == '!';
    const bool doubled = text.substr(sign).starts_with("==");
    return Comparison{bare(text.substr(0, unequal ? sign - 1 : sign)), bare(text.substr(sign + (doubled ? 2 : 1))),
                      !unequal};
}

std::string plain_text(const JsonValue& value) {
    return value.is_string() ? std::string(value.text()) : value.is_null() ? "" : value.dump();
}

}  // namespace

Outcome<LabelSelector::Term> LabelSelector::parse_term(std::string_view text) {
    Term term;
    if (const auto parts = comparison_of(text)) {
        term.key = parts->left;
        term.relation = parts->equal ? Relation::in : Relation::not_in;
        term.values.emplace_back(parts->right);
    } else if (const auto open = text.find('('); open != std::string_view::npos) {
        if (!text.ends_with(')')) return bad("label", text, "a ')' is missing");
        const auto before = bare(text.substr(0, open));
        const auto space = before.rfind(' ');
        const auto word = space == std::string_view::npos ? std::string_view() : before.substr(space + 1);
        if (word != "in" && word != "notin") return bad("label", text, "'in' or 'notin' was expected before '('");
        term.key = bare(before.substr(0, space));
        term.relation = word == "in" ? Relation::in : Relation::not_in;
        for (const auto value : split(text.substr(open + 1, text.size() - open - 2)))
            term.values.emplace_back(value);
    } else {
        const bool absent = text.starts_with('!');
        term.key = bare(text.substr(absent ? 1 : 0));
        term.relation = absent ? Relation::absent : Relation::present;
    }
    if (!is_qualified_name(term.key)) return bad("label", text, "this is no label key");
    if (!std::all_of(term.values.begin(), term.values.end(), is_label_value)) {
        return bad("label", text, "this is no label value");
    }
    return term;
}

Outcome<LabelSelector> LabelSelector::parse(std::string_view text) {
    LabelSelector selector;
    if (bare(text).empty()) return selector;
    for (const auto part : split(text)) {
        auto term = parse_term(part);
        if (!term) return term.error();
        selector.terms_.push_back(std::move(*term));
    }
    return selector;
}

LabelSelector LabelSelector::of(const JsonValue& json) {
    LabelSelector selector;
    for (const auto& [key, value] : json["matchLabels"].object())
        selector.terms_.push_back({key, Relation::in, {std::string(value.text())}});
    for (const auto& each : json["matchExpressions"].array()) {
        Term term;
        term.key = each["key"].text();
        const auto op = each["operator"].text();
        term.relation = op == "In"       ? Relation::in
                        : op == "NotIn"  ? Relation::not_in
                        : op == "Exists" ? Relation::present
                                         : Relation::absent;
        for (const auto& value : each["values"].array())
            term.values.emplace_back(value.text());
        selector.terms_.push_back(std::move(term));
    }
    return selector;
}

bool LabelSelector::matches(const JsonValue& object) const {
    const auto& labels = object["metadata"]["labels"];
    return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
        const auto& label = labels[term.key];
        const bool listed =
            label.is_string() && std::find(term.values.begin(), term.values.end(), label.text()) != term.values.end();
        switch (term.relation) {
            case Relation::in:
                return listed;
            case Relation::not_in:
                return !listed;
            case Relation::present:
                return label.is_string();
            case Relation::absent:
                return !label.is_string();
        }
        return false;
    });
}

Outcome<FieldSelector> FieldSelector::parse(std::string_view text, const Kind& kind) {
    FieldSelector selector;
    if (bare(text).empty()) return selector;
    for (const auto part : split(text)) {
        const auto parts = comparison_of(part);
        if (!parts) return bad("field", part, "FIELD=VALUE or FIELD!=VALUE was expected");
        const bool known =
            parts->left == "metadata.name" || parts->left == "metadata.namespace" ||
            std::find(kind.selectable.begin(), kind.selectable.end(), parts->left) != kind.selectable.end();
        if (!known) {
            std::string offered = "metadata.name, metadata.namespace";
            for (const auto& field : kind.selectable)
                offered += ", " + field;
            return bad("field", part, fmt::format("{} can be selected by {}", kind.plural, offered));
        }
        selector.terms_.push_back({std::string(parts->left), std::string(parts->right), parts->equal});
    }
    return selector;
}

bool FieldSelector::matches(const JsonValue& object) const {
    return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
        return (plain_text(at_path(object, term.path)) == term.value) == term.equal;
    });
}

}  // namespace ark::resources
