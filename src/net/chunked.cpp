#include "net/chunked.hpp"

#include "base/hex.hpp"

#include <algorithm>

namespace ark::net {

ChunkDecoder::Step ChunkDecoder::next(std::string_view& input, std::string_view& data) {
    while (state_ != State::done) {
        if (input.empty()) return Step::more;
        if (state_ == State::bytes) {
            data = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
            input.remove_prefix(data.size());
            left_ -= data.size();
            if (left_ == 0) state_ = State::bytes_cr;
            return Step::data;
        }
        if (!control(input.front())) return Step::bad;
        input.remove_prefix(1);
    }
    return Step::done;
}

bool ChunkDecoder::size_digit(char c) {
    const int digit = hex_digit(c);
    if (digit < 0) return false;
    left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
    return ++digits_ <= 15;  // 15 digits cannot overflow
}

/// One character of what is not body. False: it may not stand there.
bool ChunkDecoder::control(char c) {
    const auto go = [this](State next) {
        state_ = next;
        return true;
    };
    switch (state_) {
        case State::size:
            if (digits_ > 0 && c == '\r') return go(State::size_lf);
            if (digits_ > 0 && (c == ';' || c == ' ' || c == '\t')) return go(State::extension);
            return size_digit(c);
        case State::extension:
            if (c == '\r') return go(State::size_lf);
            return c != '\n' && ++overhead_ <= overhead_max;
        case State::size_lf:
            if (c != '\n') return false;
            digits_ = 0;
            return go(left_ > 0 ? State::bytes : State::trailer);
        case State::bytes_cr:
            return c == '\r' && go(State::bytes_lf);
        case State::bytes_lf:
            return c == '\n' && go(State::size);
        case State::trailer:
            if (c == '\r') return go(State::end_lf);
            return c != '\n' && ++overhead_ <= overhead_max && go(State::trailer_line);
        case State::trailer_line:
            if (c == '\r') return go(State::trailer_lf);
            return c != '\n' && ++overhead_ <= overhead_max;
        case State::trailer_lf:
            return c == '\n' && go(State::trailer);
        case State::end_lf:
            return c == '\n' && go(State::done);
        case State::bytes:
        case State::done:
            break;
    }
    return false;
}

}  // namespace ark::net
