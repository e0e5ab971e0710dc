#pragma once
#include "base/result.hpp"
#include "base/strong.hpp"
#include "store/kv.hpp"

#include <string>

namespace ark::views {

/// Takes away the postings of items that retention took from the journal, chunk by chunk from the oldest story on, so
/// that the store does not grow for ever. Rows stay: what they sum up was true. The fold's thread only.
class Trimming {
public:
    explicit Trimming(store::Kv& kv) : kv_(kv) {}

    /// Goes on for some milliseconds, up to `begin`, the journal's. True: there is more to do.
    Result<bool> step(Offset begin);

private:
    store::Kv& kv_;
    Offset done_until_;  // no chunk ends before this
    Offset until_;       // what the pass under way goes up to; done_until_ when there is none
    std::string next_;   // key where it goes on
};

}  // namespace ark::views
