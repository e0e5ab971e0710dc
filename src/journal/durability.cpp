#include "base/duration.hpp"
#include "journal/journal.hpp"

namespace ark::journal {

std::string to_text(Durability durability, std::chrono::milliseconds group) {
    switch (durability) {
        case Durability::sync:
            return "sync";
        case Durability::group:
            return "group:" + ark::to_text(std::chrono::nanoseconds(group));
        case Durability::os:
            return "os";
    }
    return "unknown";
}

}  // namespace ark::journal
