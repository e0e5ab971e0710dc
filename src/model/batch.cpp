#include "model/batch.hpp"

namespace ark::model {

std::string_view name(BatchKind kind) {
    switch (kind) {
        case BatchKind::traces:
            return "traces";
        case BatchKind::logs:
            return "logs";
        case BatchKind::messages:
            return "messages";
        case BatchKind::chunks:
            return "chunks";
        case BatchKind::deletions:
            return "deletions";
        case BatchKind::session_updates:
            return "session_updates";
    }
    return "unknown";
}

bool is_batch_kind(std::uint8_t number) {
    return number >= static_cast<std::uint8_t>(BatchKind::traces) &&
           number <= static_cast<std::uint8_t>(BatchKind::session_updates);
}

std::string_view name(Encoding encoding) {
    switch (encoding) {
        case Encoding::identity:
            return "identity";
        case Encoding::gzip:
            return "gzip";
        case Encoding::zstd:
            return "zstd";
    }
    return "unknown";
}

}  // namespace ark::model
