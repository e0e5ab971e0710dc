#pragma once
#include "resources/kind.hpp"

namespace ark::resources {

/// Who applies, and when.
struct Applier {
    std::string manager;
    bool force = false;  ///< take fields over that others applied
    std::string time;
};

/// Server-side apply: merges `applied` into `current` (an empty object when it is new) and removes what the same
/// manager applied before and now leaves out, unless another one applied it too. Lists are taken whole.
///
/// What each manager applied is kept in metadata.managedFields (FieldsV1). Only applies are tracked there, not updates:
/// a field that was changed by an update is changed back by the next apply. Errors: conflict, with a cause for each
/// field that another manager applied with another value.
Outcome<void> apply_patch(JsonValue& current, const JsonValue& applied, const Applier& applier);

}  // namespace ark::resources
