#pragma once
#include <string_view>

/// How an event of POST /events is marked in the log record it becomes: shared by its reader and its writer.
namespace ark::items::json_event {

inline constexpr std::string_view scope_name = "json-event";
inline constexpr std::string_view kept_prefix = "ark.event.";  // top-level members that OTLP has no field for

}  // namespace ark::items::json_event
