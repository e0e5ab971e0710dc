#pragma once
#include "journal/journal.hpp"

#include <list>
#include <memory>
#include <mutex>

namespace ark::journal {

/// Who wants to know that the end moved. Once a token is destroyed its listener is not running and never runs again; so
/// a listener must not add or remove listeners. Thread-safe.
class Listeners : public std::enable_shared_from_this<Listeners> {
public:
    std::shared_ptr<void> add(EndListener listener) {
        const std::lock_guard lock(mutex_);
        const auto place = listeners_.insert(listeners_.end(), std::move(listener));
        // The token keeps the list alive, so that it may outlive the journal by accident without harm.
        return {static_cast<void*>(&*place), [self = shared_from_this(), place](void*) {
                    const std::lock_guard guard(self->mutex_);
                    self->listeners_.erase(place);
                }};
    }
    void call(Offset end) {
        const std::lock_guard lock(mutex_);
        for (const auto& listener : listeners_)
            listener(end);
    }

private:
    std::mutex mutex_;
    std::list<EndListener> listeners_;  // guarded by mutex_
};

}  // namespace ark::journal
