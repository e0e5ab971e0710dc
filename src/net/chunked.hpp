#pragma once
#include <cstdint>
#include <string_view>

namespace ark::net {

/// Takes the chunked coding (RFC 9112 §7.1) off a body that arrives in pieces of any size. Strict: every line ends in
/// CR LF, so that no proxy in front of us can see other borders than we do. Trailers and extensions are read over.
class ChunkDecoder {
public:
    enum class Step {
        data,  ///< `data` holds a piece of the body
        more,  ///< the input is used up
        done,  ///< the body is complete; what is left of the input belongs to the next request
        bad,   ///< not the chunked coding
    };
    /// Takes what it can from the front of `input`.
    Step next(std::string_view& input, std::string_view& data);

private:
    enum class State {
        size,
        extension,
        size_lf,
        bytes,
        bytes_cr,
        bytes_lf,
        trailer,
        trailer_line,
        trailer_lf,
        end_lf,
        done
    };
    static constexpr std::uint32_t overhead_max = 16u << 10;  // extensions and trailers of one body in all

    bool control(char c);
    bool size_digit(char c);

    State state_ = State::size;
    std::uint64_t left_ = 0;  // of the chunk
    std::uint32_t digits_ = 0;
    std::uint32_t overhead_ = 0;
};

}  // namespace ark::net
