#pragma once
#include "resources/kind.hpp"

namespace ark::resources {

/// What becomes of fields that the schema does not know.
enum class FieldValidation {
    ignore,  ///< dropped
    warn,    ///< dropped, with a warning
    strict,  ///< refused
};

struct AdmissionPolicy {
    bool private_addresses = true;  ///< models may be on loopback and in private networks
};

struct Admission {
    const References& references;
    const AdmissionPolicy& policy;
    FieldValidation fields = FieldValidation::warn;
    bool check = true;  ///< also what only other resources can tell; not for a change that leaves the spec alone
};

/// Makes a complete resource of what was sent: older forms are migrated, unknown fields removed, defaults filled in,
/// and everything checked. Errors: invalid with a cause for each field, bad_request for unknown fields under strict.
Outcome<void> admit(const Kind& kind, JsonValue& object, const Admission& admission,
                    std::vector<std::string>& warnings);

/// "agents.ark.mckinsey.com "x" not found", and its like, with the details filled in.
Refusal refuse_named(Reason reason, const Kind& kind, std::string_view name, std::string_view why);

}  // namespace ark::resources
