#include "model/kind.hpp"

namespace ark::model {

std::string_view name(Kind kind) {
    switch (kind) {
        case Kind::other:
            return "other";
        case Kind::query:
            return "query";
        case Kind::agent:
            return "agent";
        case Kind::team:
            return "team";
        case Kind::llm:
            return "llm";
        case Kind::tool:
            return "tool";
        case Kind::memory:
            return "memory";
        case Kind::a2a:
            return "a2a";
        case Kind::evaluation:
            return "evaluation";
    }
    return "other";
}

std::optional<Kind> parse_kind(std::string_view text) {
    for (std::size_t i = 0; i < kind_count; ++i) {
        const auto kind = static_cast<Kind>(i);
        if (name(kind) == text) return kind;
    }
    return std::nullopt;
}

}  // namespace ark::model
