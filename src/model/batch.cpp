#include "model/batch.hpp"

namespace ark::model {

std::string_view name(BatchKind kind) {
    switch (kind) {
        case BatchKind::traces:
            return "traces";
        case BatchKind::logs:
            return "logs";
    }
    return "unknown";
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
