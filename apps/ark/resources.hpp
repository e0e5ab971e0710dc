#pragma once
#include "render.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ark::cli {

/// A kind of thing that the API lists: where, and how it looks.
struct Resource {
    std::string plural;    ///< "sessions": the command, and the path below /v1/
    std::string singular;  ///< "session"
    std::string topic;     ///< of /v1/stream, for --watch
    std::vector<Column> columns;
    bool rows = false;  ///< summaries that change (sessions, queries, traces), not items of the journal
};

std::vector<Resource> all_resources();
const Resource& resource_named(const std::vector<Resource>& resources, std::string_view plural);

}  // namespace ark::cli
