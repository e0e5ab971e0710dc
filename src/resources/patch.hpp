#pragma once
#include "codec/json_value.hpp"
#include "resources/refusal.hpp"

/// Changes to a document, as documents.
namespace ark::resources {

using codec::JsonValue;

enum class PatchType {
    merge,      ///< RFC 7396
    json,       ///< RFC 6902
    strategic,  ///< Kubernetes': lists of objects are merged by their key
    apply,      ///< server-side apply
};

/// RFC 7396: null deletes, objects are merged, everything else is replaced.
void merge_patch(JsonValue& target, const JsonValue& patch);

/// RFC 6902. Errors: bad_request for a malformed patch, invalid when an operation does not fit (`test` failed, no such
/// path); the target is then half changed and to be thrown away. At most 10,000 operations.
Outcome<void> json_patch(JsonValue& target, const JsonValue& patch);

/// The part of strategic merge that kubectl uses on Secrets, ConfigMaps, Services and Events: lists of objects merge by
/// `name`, `uid`, `port` or `type`, lists of texts add up; `$patch`, `$deleteFromPrimitiveList/…` are obeyed,
/// `$setElementOrder/…` and `$retainKeys` are hints that are left out.
void strategic_patch(JsonValue& target, const JsonValue& patch);

}  // namespace ark::resources
