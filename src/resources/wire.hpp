#pragma once
#include "base/time.hpp"
#include "net/http.hpp"
#include "resources/store.hpp"

#include <string>
#include <string_view>

/// Requests and answers of the Kubernetes API as texts.
namespace ark::resources {

enum class Shape {
    object,  ///< as it is stored
    table,   ///< rows for people: Accept: application/json;as=Table
};
Shape shape_wanted(std::string_view accept);

/// JSON or YAML, by content type. Errors: unsupported_media_type, bad_request.
Outcome<JsonValue> read_document(std::string_view content_type, std::string_view bytes);

Outcome<PatchType> patch_type_of(std::string_view content_type);
Outcome<WriteOptions> write_options(const net::Query& query);
Outcome<ListOptions> list_options(const net::Query& query, const Kind& kind, std::string ns);
/// From the query and a DeleteOptions body, which may be null.
Outcome<DeleteOptions> delete_options(const net::Query& query, const JsonValue& body);
/// A whole number, or `fallback` when there is no such parameter.
Outcome<std::uint64_t> number_of(const net::Query& query, std::string_view name, std::uint64_t fallback);
bool is_true(const net::Query& query, std::string_view name);

std::string status_json(const Refusal& refusal);
/// What a delete answers when the object is gone.
std::string success_json(const Resource& gone);
std::string list_json(const Kind& kind, const Page& page);
std::string event_json(Change::Type type, std::string_view object_json);

/// Rows as `kubectl get` shows them. `now` is what ages are counted from.
std::string table_json(const Kind& kind, const std::vector<ResourcePtr>& rows, const Page* page, UnixNanos now,
                       std::string_view include);
/// "5m", "3h12m", "8d": as kubectl writes ages.
std::string human_age(std::uint64_t seconds);

}  // namespace ark::resources
