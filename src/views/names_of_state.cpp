#include "views/views.hpp"

namespace ark::views {

std::string_view name(State state) {
    switch (state) {
        case State::running: return "running";
        case State::done: return "done";
        case State::error: return "error";
        case State::canceled: return "canceled";
        case State::waiting: return "waiting";
        case State::idle: return "idle";
        case State::interrupted: return "interrupted";
    }
    return "unknown";
}

}  // namespace ark::views
