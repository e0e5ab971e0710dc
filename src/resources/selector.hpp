#pragma once
#include "resources/kind.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ark::resources {

/// `app=web,tier!=db,zone in (a,b),owner,!legacy`, or a LabelSelector of a spec. Empty matches everything.
class LabelSelector {
public:
    static Outcome<LabelSelector> parse(std::string_view text);
    /// Of {matchLabels, matchExpressions} that fits its schema.
    static LabelSelector of(const JsonValue& selector);
    bool matches(const JsonValue& object) const;
    bool empty() const { return terms_.empty(); }

private:
    enum class Relation { in, not_in, present, absent };
    struct Term {
        std::string key;
        Relation relation = Relation::present;
        std::vector<std::string> values;
    };
    static Outcome<Term> parse_term(std::string_view text);

    std::vector<Term> terms_;
};

/// `metadata.name=x,status.phase!=done`, over the fields that the kind offers.
class FieldSelector {
public:
    static Outcome<FieldSelector> parse(std::string_view text, const Kind& kind);
    bool matches(const JsonValue& object) const;
    bool empty() const { return terms_.empty(); }

private:
    struct Term {
        std::string path;
        std::string value;
        bool equal = true;
    };
    std::vector<Term> terms_;
};

struct Selection {
    LabelSelector labels;
    FieldSelector fields;
    bool matches(const JsonValue& object) const { return labels.matches(object) && fields.matches(object); }
    bool empty() const { return labels.empty() && fields.empty(); }
};

}  // namespace ark::resources
