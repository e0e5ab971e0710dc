#pragma once
#include "stream/stream.hpp"
#include "views/views.hpp"

#include <memory>

namespace ark::broker {

/// What the stream asks, answered by the views. `views` outlives it.
std::unique_ptr<stream::Correlation> correlate(views::Views& views);

}  // namespace ark::broker
