#include "resources/admission.hpp"

#include "resources/metadata.hpp"

#include <fmt/format.h>

namespace ark::resources {
namespace {

constexpr std::size_t warnings_max = 32;

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
    std::string out;
    for (const auto& part : parts)
        out += fmt::format("{}{}", out.empty() ? "" : between, part);
    return out;
}

Refusal refuse_invalid(const Kind& kind, const JsonValue& object, Causes causes) {
    std::vector<std::string> parts;
    for (const auto& cause : causes)
        parts.push_back(cause.field + ": " + cause.message);
    auto why = parts.size() == 1 ? parts.front() : "[" + joined(parts, ", ") + "]";
    auto refusal = refuse_named(Reason::invalid, kind, name_of(object), {});
    refusal.message = fmt::format("{} \"{}\" is invalid: {}", kind.name, name_of(object), why);
    refusal.causes = std::move(causes);
    return refusal;
}

Outcome<void> handle_unknown(const Kind& kind, const JsonValue& object, const std::vector<std::string>& unknown,
                             FieldValidation fields, std::vector<std::string>& warnings) {
    std::vector<std::string> words;
    for (const auto& field : unknown)
        words.push_back(fmt::format("unknown field \"{}\"", field));
    if (fields == FieldValidation::strict && !words.empty()) {
        auto refusal = refuse_named(Reason::bad_request, kind, name_of(object), {});
        refusal.message =
            fmt::format("{} \"{}\" cannot be read strictly: {}", kind.name, name_of(object), joined(words, ", "));
        return refusal;
    }
    if (fields == FieldValidation::warn) {
        for (auto& word : words) {
            if (warnings.size() < warnings_max) warnings.push_back(std::move(word));
        }
    }
    return {};
}

}  // namespace

Outcome<void> admit(const Kind& kind, JsonValue& object, const Admission& admission,
                    std::vector<std::string>& warnings) {
    if (kind.migrate != nullptr) kind.migrate(object, admission.references, warnings);
    std::vector<std::string> unknown;
    prune(kind.schema, object, "", unknown);
    if (auto known = handle_unknown(kind, object, unknown, admission.fields, warnings); !known) return known.error();
    apply_defaults(kind.schema, object);

    Causes causes;
    validate_metadata(kind, object, causes);
    validate(kind.schema, object, "", causes);
    if (causes.empty() && admission.check && kind.check != nullptr) {
        CheckContext context{admission.references, admission.policy.private_addresses, causes, warnings};
        kind.check(object, context);
    }
    if (!causes.empty()) return refuse_invalid(kind, object, std::move(causes));
    return {};
}

Refusal refuse_named(Reason reason, const Kind& kind, std::string_view name, std::string_view why) {
    auto refusal = refuse(reason, fmt::format("{} \"{}\" {}", kind.qualified(), name, why));
    refusal.group = kind.group;
    refusal.resource = kind.plural;
    refusal.name = name;
    return refusal;
}

}  // namespace ark::resources
