#pragma once
#include "base/random.hpp"
#include "loadgen/scenario.hpp"

#include <string>
#include <vector>

/// One query of one session, written out from its first event to its last span. Private to loadgen.
namespace ark::loadgen {

struct ScriptConfig {
    Shape shape = Shape::chat;
    std::size_t payload_bytes = 300;
    std::string session_id;
    std::string conversation_id;
};

/// Times in the steps are nanoseconds after the query's begin (in UnixNanos, as if the epoch were the begin).
/// In order of time; the last step is the query's span.
std::vector<Step> write_query(const ScriptConfig& config, Random& random);

}  // namespace ark::loadgen
