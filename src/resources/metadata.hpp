#pragma once
#include "base/random.hpp"
#include "base/time.hpp"
#include "resources/kind.hpp"

/// What every resource has: names, labels, versions.
namespace ark::resources {

inline std::string_view name_of(const JsonValue& object) {
    return object["metadata"]["name"].text();
}
inline std::string_view namespace_of(const JsonValue& object) {
    return object["metadata"]["namespace"].text();
}
inline std::string_view uid_of(const JsonValue& object) {
    return object["metadata"]["uid"].text();
}
/// The resourceVersion; 0 when there is none or it is no number.
std::uint64_t version_of(const JsonValue& object);
inline bool is_leaving(const JsonValue& object) {
    return !object["metadata"]["deletionTimestamp"].is_null();
}

/// Finds a value by a path such as "status.conditions[Available].status": `[word]` picks the element whose `type` is
/// that word, `[0]` by index. Null when there is none.
const JsonValue& at_path(const JsonValue& object, std::string_view path);

Schema metadata_schema();
/// Names, labels, annotations, finalizers, owners: what the schema cannot say.
void validate_metadata(const Kind& kind, const JsonValue& object, Causes& causes);

std::string make_uid(Random& random);        ///< a UUID of version 4
std::string name_suffix(Random& random);     ///< five characters that form no words
std::string to_metav1_time(UnixNanos time);  ///< RFC 3339 in whole seconds

/// A label or finalizer name: "app", "example.com/app".
bool is_qualified_name(std::string_view text);
bool is_label_value(std::string_view text);

}  // namespace ark::resources
